"""Where files live, as each platform expects."""

from pathlib import Path

import platformdirs

_APP = "enigma-tui"


def config_file() -> Path:
    """Return where the personal settings are read from."""
    return platformdirs.user_config_path(_APP, appauthor=False) / "config.toml"


def log_file() -> Path:
    """Return where the log is written."""
    return platformdirs.user_log_path(_APP, appauthor=False) / "enigma-tui.log"


def state_dir() -> Path:
    """Return where acts wait that could not be handed in yet."""
    return platformdirs.user_state_path(_APP, appauthor=False)
