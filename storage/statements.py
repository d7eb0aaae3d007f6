"""SQLAlchemy as our typed compiler: a statement composed at import becomes SQL text for psycopg.

Called at import by the modules that read and write outside the two calls of a turn. Constants are
written into the text, so that a plan is one for all callers; `bindparam`s without a value become
`%(name)s`. No engine is ever made (docs/architecture.md, Unit of work).
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.sql.elements import BindParameter, ClauseElement


class _Compiler(PGCompiler_psycopg):
    def visit_bindparam(  # type: ignore[override]
        self, bindparam: BindParameter[Any], **kw: Any
    ) -> str:
        literal = kw.pop("literal_binds", False) or not bindparam.required
        text: str = super().visit_bindparam(  # type: ignore[no-untyped-call]
            bindparam, literal_binds=literal, **kw
        )
        return text


class _Dialect(PGDialect_psycopg):
    statement_compiler = _Compiler
    supports_statement_cache = False


_DIALECT: Final = _Dialect()  # type: ignore[no-untyped-call]


def frozen(statement: ClauseElement) -> str:
    """The statement as text, its free parameters as `%(name)s`."""
    return str(statement.compile(dialect=_DIALECT))


def shape(**columns: Any) -> ColumnElement[Any]:
    """One JSON object of these columns, to be read by `msgspec.convert`."""
    return func.json_build_object(*(part for pair in columns.items() for part in pair))
