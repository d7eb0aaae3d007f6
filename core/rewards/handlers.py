"""Which handler answers which command of rewards. Merged by core.service."""

from typing import Any, Final

from core.ports import Command, Handler
from core.rewards import catalogue, codes, commands, expiry, lists, redeem, settle, use

HANDLERS: Final[dict[type[Command[Any]], Handler]] = {
    commands.ListRewards: catalogue.list_rewards,
    commands.Redeem: redeem.redeem,
    commands.ListIssuances: lists.list_issuances,
    commands.ListReserved: lists.list_reserved,
    commands.CancelIssuance: settle.cancel_issuance,
    commands.Approve: settle.approve,
    commands.Reject: settle.reject,
    commands.LookUpCode: codes.look_up_code,
    commands.UseIssuance: use.use_issuance,
    commands.UseHere: use.use_here,
    commands.ShowMyCode: codes.show_my_code,
    commands.ExpireIssuance: expiry.expire_issuance,
}
