"""One's own account: another password, out on every phone and computer, and a person without a role."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from greenhouse.access.roles import Action, Role, may, role_of
from tests.access.calls import CHANGE, NEW_PASSWORD, NO_ROLE, PASSWORD, someone

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def technician(db) -> User:
    user = someone(Role.TECHNICIAN)
    assert user is not None
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sees_the_base(client: Client) -> bool:
    return client.get("/points").status_code != 302


def test_the_page_says_who_one_is(technician, shelf):
    html = signed_in(technician).get("/account").content.decode()
    for text in ("我的账号", technician.username, "技术员", "修改密码", "全部退出登录"):
        assert text in html


def test_another_password_ends_the_other_sessions_and_keeps_this_one(technician, shelf):
    here, elsewhere = signed_in(technician), signed_in(technician)
    key_before = here.session.session_key
    response = here.post("/account/password", CHANGE, follow=True)
    assert "密码已修改" in response.content.decode()
    assert here.session.session_key != key_before
    assert sees_the_base(here)
    assert not sees_the_base(elsewhere)
    assert authenticate(username=technician.username, password=NEW_PASSWORD) is not None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"old_password": "wrong"}, "这不是您现在的密码。"),
        ({"new_password2": "Blanket down at sunset 7"}, "输入的两个密码不一致。"),
        ({"new_password1": "short", "new_password2": "short"}, "密码太短，至少需要 10 个字符。"),
        ({"new_password1": "password1234", "new_password2": "password1234"}, "这个密码太常见了。"),
        ({"new_password1": "a technician", "new_password2": "a technician"}, "密码跟 用户名 太相似了。"),
    ],
)
def test_a_password_that_is_not_taken_is_refused_with_the_reason(technician, change, sentence):
    client = signed_in(technician)
    response = client.post("/account/password", CHANGE | change)
    assert response.status_code == 422
    assert [sentence] in response.context["form"].errors.values()
    assert authenticate(username=technician.username, password=PASSWORD) is not None


def test_who_finds_a_phone_unlocked_cannot_guess_the_password_on_it(technician):
    client = signed_in(technician)
    for _ in range(5):
        response = client.post("/account/password", CHANGE | {"old_password": "wrong"})
    assert "失败次数过多" in response.content.decode()
    response = client.post("/account/password", CHANGE)
    assert response.status_code == 422
    assert authenticate(username=technician.username, password=PASSWORD) is not None


def test_signing_out_everywhere_ends_every_session_of_the_person_and_no_other(technician, shelf):
    here, elsewhere, other = signed_in(technician), signed_in(technician), signed_in(someone(Role.VIEWER))
    assert here.post("/account/sign-out")["Location"] == "/login"
    assert not sees_the_base(here)
    assert not sees_the_base(elsewhere)
    assert sees_the_base(other)
    assert Session.objects.count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("address", ["/", "/points", "/changes", "/last-hour"])
def test_a_person_without_a_role_reads_what_to_do(shelf, address, language):
    client = signed_in(someone(NO_ROLE))
    client.cookies["console_language"] = language
    response = client.get(address)
    html = response.content.decode()
    assert response.status_code == 403
    assert "manage.py give_role a no role technician" in html
    assert {"zh-hans": "还没有角色", "en": "you have no role yet"}[language] in html
    assert "data-point" not in html


def test_the_engineer_makes_a_login_with_a_role_and_a_password_that_works(capsys, shelf):
    call_command("give_role", "wang", "technician")
    out = capsys.readouterr().out
    password = out.split("password ")[1].split(" ")[0]
    client = Client()
    assert client.post("/login", {"username": "wang", "password": password})["Location"] == "/"
    assert sees_the_base(client)


def test_a_role_takes_the_place_of_another_and_can_be_taken_away(technician):
    call_command("give_role", technician.username, "supervisor")
    assert role_of(technician) is Role.SUPERVISOR
    assert technician.groups.count() == 1
    call_command("give_role", technician.username, "none")
    assert role_of(technician) is None
    assert authenticate(username=technician.username, password=PASSWORD) is not None


@pytest.mark.parametrize(("role", "found"), [("none", None), ("viewer", Role.VIEWER)])
def test_another_role_of_a_superuser_is_no_superuser_s(role, found):
    """What somebody believes to have taken away would otherwise still be there."""
    User.objects.create_superuser("root")
    call_command("give_role", "root", role)
    root = User.objects.get()
    assert (role_of(root), may(root, Action.CONFIGURE)) == (found, False)


@pytest.mark.parametrize("arguments", [("li na", "technician"), ("li", "boss")])
def test_a_name_or_role_that_cannot_be_one_is_refused(arguments):
    with pytest.raises(CommandError):
        call_command("give_role", *arguments)
    assert not User.objects.exists()
