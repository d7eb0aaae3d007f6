"""Which handler answers which command of members. Merged by core.service."""

from typing import Any, Final

from core.members import (
    commands,
    customers,
    enrolment,
    link_commands,
    linking,
    pins,
    settings,
    shops,
    stops,
    unlinking,
)
from core.ports import Command, Handler

HANDLERS: Final[dict[type[Command[Any]], Handler]] = {
    commands.WhoAmI: settings.who_am_i,
    commands.Enrol: enrolment.enrol,
    commands.Leave: enrolment.leave,
    commands.ChangeLanguage: settings.change_language,
    commands.ChangeName: settings.change_name,
    commands.ChangeNotices: settings.change_notices,
    commands.ShowMyData: settings.show_my_data,
    commands.SeeNotices: settings.see_notices,
    commands.SetPin: pins.set_pin,
    commands.CheckPinLock: pins.check_pin_lock,
    commands.ForgetPin: pins.forget_pin,
    commands.ResetPin: pins.reset_pin,
    commands.SignInStaff: pins.sign_in_staff,
    commands.StopMessages: stops.stop_messages,
    commands.StartMessages: stops.start_messages,
    commands.FindCustomer: customers.find_customer,
    commands.EnterCode: customers.enter_code,
    link_commands.ShowLinkCode: linking.show_link_code,
    link_commands.LookUpLink: linking.look_up_link,
    link_commands.LinkPhone: linking.link_phone,
    link_commands.ShowLastLink: unlinking.show_last_link,
    link_commands.UndoLink: unlinking.undo_link,
    commands.ListShops: shops.list_shops,
    commands.FindShops: shops.find_shops,
}
