"""Request bodies derived from the contracts: unknown fields are refused, some the gateway adds itself."""

import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Strict, create_model

from shared.contracts.message import Request
from shared.problems import refuse

Contract = TypeVar("Contract", bound=Request[Any])
Names = TypeVar("Names")

STRICT = (bool, int)  # a consent is given by `true`, not by 1 or "yes"


class ContractBody(BaseModel):
    """A JSON object with the fields of a contract, and no others: a misspelled field must not be overlooked."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    contract: ClassVar[type[Request[Any]]]

    def complete(self, **added: Any) -> Any:
        """The request with what the gateway adds. Raises pydantic.ValidationError."""
        return self.contract.model_validate(self.model_dump(exclude_unset=True) | added)

    def canonical(self) -> str:
        """The same text for the same fields, in whatever order and spacing the client sent them."""
        return self.model_dump_json()


@cache
def _model(contract: type[Request[Any]], without: tuple[str, ...]) -> type[ContractBody]:
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation, Strict()] if field.annotation in STRICT else field.annotation, field)
        for name, field in contract.model_fields.items()
        if name not in without and not field.exclude  # the kit fills in who is acting
    }
    model = create_model(contract.__name__, __base__=ContractBody, __doc__=contract.__doc__, **fields)
    model.contract = contract
    return model


if TYPE_CHECKING:

    class Body(Generic[Contract]):
        def complete(self) -> Contract: ...

    class BodyWithout(Generic[Contract, Names]):
        def complete(self, **added: Any) -> Contract: ...
        def canonical(self) -> str: ...

else:

    class Body:
        """`Body[Contract]`: the body has all fields of the contract."""

        def __class_getitem__(cls, contract):
            return _model(contract, ())

    class BodyWithout:
        """`BodyWithout[Contract, Literal["token"]]`: the gateway adds the named fields."""

        def __class_getitem__(cls, parameters):
            contract, names = parameters
            return _model(contract, get_args(names))


def read_json(body: bytes) -> Any:
    """Parse JSON that has one meaning only. Raises Refused (400)."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise refuse(400, "the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise refuse(400, "the body is not JSON") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may disagree on which of two equal keys counts (RFC 8259, section 4)."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise refuse(400, "the body names a key twice")
    return fields


def _no_constant(_constant: str) -> NoReturn:
    """`NaN` and `Infinity`, which Python reads and JSON does not have."""
    raise refuse(400, "the body holds a number that JSON does not know")
