"""What stands below each field of a class, which is where a setting is explained."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from itertools import pairwise


@cache
def explanations(kind: type) -> Mapping[str, str]:
    """Return the explanation of each field of a dataclass, in one line.

    They are read from the sources of the class and of those that it inherits from, for a program
    that runs knows nothing of them.
    """
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if is_dataclass(each):
            found |= _below_fields(each)
    return found


def _below_fields(kind: type) -> Mapping[str, str]:
    [written] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(written, ast.ClassDef)
    found: dict[str, str] = {}
    for pair in pairwise(written.body):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found
