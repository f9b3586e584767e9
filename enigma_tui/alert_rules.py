"""What to be told of, from the settings to what the model looks for."""

from .model.alerts import CallRule, Figure, FigureRule, Rule, SilenceRule
from .model.query import parse
from .model.windows import Window
from .settings import AlertSetting


def rule(setting: AlertSetting) -> Rule:
    """Return what the model looks for."""
    if setting.filter:
        return CallRule(setting.name, parse(setting.filter))
    if setting.figure:
        return FigureRule(
            setting.name,
            Figure(setting.figure),
            Window(setting.window),
            setting.above,
            setting.below,
        )
    return SilenceRule(setting.name, setting.silent_minutes * 60)
