"""Settings: what is accepted, what stops the start, and that the sentence says what to do."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from trace.core import local_state
from trace.core.addresses import ConfigurationError, check_public_url, is_local_host, libpq_url
from trace.core.config import Settings

SECRET = "k" * 32
DATABASE = "postgresql://trace@db.example/trace"
PRODUCTION = {"DATABASE_URL": DATABASE, "TRACE_SECRET_KEY": SECRET}


def read(tmp_path: Path, **values: str) -> Settings:
    return Settings.from_environment({"TRACE_STATE_FOLDER": str(tmp_path), **values})


def production(tmp_path: Path, **values: str) -> Settings:
    return read(tmp_path, DATABASE_URL=DATABASE, TRACE_SECRET_KEY=SECRET, **values)


def refusal(tmp_path: Path, **values: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, **values)
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_address_becomes_the_one_the_code_uses(
    tmp_path: Path, scheme: str
) -> None:
    settings = read(tmp_path, DATABASE_URL=f"{scheme}://u:p@h:5433/n", TRACE_SECRET_KEY=SECRET)
    assert settings.database_url == "postgresql+psycopg://u:p@h:5433/n"
    assert libpq_url(settings.database_url) == "postgresql://u:p@h:5433/n"


@pytest.mark.parametrize("url", ["mysql://h/n", "sqlite:///x", "h/n", "postgresql://"])
def test_another_kind_of_database_is_refused_without_repeating_its_password(tmp_path: Path, url: str) -> None:
    message = refusal(tmp_path, DATABASE_URL=url.replace("h/", "u:hunter2@h/"), TRACE_SECRET_KEY=SECRET)
    assert "DATABASE_URL" in message
    assert "hunter2" not in message


def test_migrations_use_the_same_database_unless_told_otherwise(tmp_path: Path) -> None:
    assert production(tmp_path).migration_database_url == production(tmp_path).database_url
    owner = production(tmp_path, TRACE_MIGRATION_DATABASE_URL="postgres://owner@h/n")
    assert owner.migration_database_url == "postgresql+psycopg://owner@h/n"


def test_without_any_database_the_message_says_how_to_get_one(tmp_path: Path) -> None:
    assert "make run" in refusal(tmp_path)


def test_a_command_joins_the_database_that_runs_in_its_checkout(tmp_path: Path) -> None:
    running = local_state.Running(os.getpid(), "postgresql+psycopg://u@/n", "http://127.0.0.1:8000")
    local_state.announce(tmp_path, running)
    with local_state.hold(tmp_path):
        settings = read(tmp_path)
    assert settings.database_url == running.database_url
    assert settings.public_url == running.public_url


def test_a_command_does_not_join_what_has_ended(tmp_path: Path) -> None:
    # The number is of a living process, as it may be after a crash; nobody owns the folder all the same.
    local_state.announce(tmp_path, local_state.Running(os.getpid(), "postgresql+psycopg://u@/n"))
    assert "make run" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["DATABASE_URL", "TRACE_PUBLIC_URL"])
def test_an_operator_must_give_a_secret_key(tmp_path: Path, name: str) -> None:
    value = DATABASE if name == "DATABASE_URL" else "https://trace.example"
    local_state.announce(tmp_path, local_state.Running(os.getpid(), "postgresql+psycopg://u@/n"))
    with local_state.hold(tmp_path):
        assert "TRACE_SECRET_KEY" in refusal(tmp_path, **{name: value})


def test_a_short_secret_key_is_refused(tmp_path: Path) -> None:
    assert "32" in refusal(tmp_path, DATABASE_URL=DATABASE, TRACE_SECRET_KEY="k" * 31)


def test_a_local_start_keeps_one_random_secret_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    local_state.announce(tmp_path, local_state.Running(os.getpid(), "postgresql+psycopg://u@/n"))
    with local_state.hold(tmp_path):
        key = read(tmp_path).secret_key
        assert len(key) >= 32
        assert read(tmp_path).secret_key == key
    assert (tmp_path / "installation.json").stat().st_mode & 0o077 == 0


def test_a_misspelt_setting_stops_the_start(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, DATABASE_URL=DATABASE, TRACE_SECRET_KEY=SECRET, TRACE_PUBLIC_URI="https://x.vn"
    )
    assert "TRACE_PUBLIC_URI" in message
    assert "TRACE_PUBLIC_URL" in message


def test_an_empty_setting_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert production(tmp_path, TRACE_PUBLIC_URL="", TRACE_PROXIES=" ").public_url is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://nguongoc.example/", "https://nguongoc.example"),
        ("https://NguonGoc.example:8443", "https://nguongoc.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://192.168.1.20:8000/", "http://192.168.1.20:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://may-tinh.local", "http://may-tinh.local"),
    ],
)
def test_a_public_address_is_kept_in_one_spelling(given: str, kept: str) -> None:
    assert check_public_url(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://nguongoc.example",
        "http://8.8.8.8",
        "ftp://nguongoc.example",
        "nguongoc.example",
        "https://nguongoc.example/app",
        "https://nguongoc.example?x=1",
        "https://u:p@nguongoc.example",
        "https://nguongoc.example:port",
        "https://[",
        "https://",
    ],
)
def test_a_public_address_that_cannot_stand_on_a_label_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match="TRACE_PUBLIC_URL"):
        check_public_url(given)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "10.1.2.3", "may-tinh", "a.local", "x.test."]
)
def test_hosts_of_this_machine_and_its_network_are_local(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize(
    "host", ["nguongoc.example", "8.8.8.8", "2001:4860:4860::8888", "local.vn", "10.1.2.3.vn"]
)
def test_hosts_that_strangers_reach_are_not_local(host: str) -> None:
    assert not is_local_host(host)


def test_cookies_follow_the_scheme_of_the_public_address(tmp_path: Path) -> None:
    assert production(tmp_path, TRACE_PUBLIC_URL="https://trace.example").secure_cookies
    assert not production(tmp_path, TRACE_PUBLIC_URL="http://192.168.1.2:8000").secure_cookies
    assert not production(tmp_path).secure_cookies


def test_only_an_address_strangers_reach_makes_the_service_public(tmp_path: Path) -> None:
    assert production(tmp_path, TRACE_PUBLIC_URL="https://trace.example").is_public
    assert not production(tmp_path, TRACE_PUBLIC_URL="http://192.168.1.2:8000").is_public
    assert not production(tmp_path).is_public


def test_the_log_is_named_after_the_public_host(tmp_path: Path) -> None:
    assert (
        production(tmp_path, TRACE_PUBLIC_URL="https://trace.example").log_origin == "trace.example/nguon-goc"
    )
    assert production(tmp_path, TRACE_PUBLIC_URL="http://10.0.0.2").log_origin == "localhost/nguon-goc"
    assert production(tmp_path, TRACE_LOG_ORIGIN="a.example/log").log_origin == "a.example/log"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACE_LOG_ORIGIN", "two words"),
        ("TRACE_LOG_ORIGIN", "a+b"),
        ("TRACE_PROXIES", "6"),
        ("TRACE_PROXIES", "-1"),
        ("TRACE_PROXIES", "²"),
        ("TRACE_LOG_LEVEL", "loud"),
        ("TRACE_SUPPORT_PHONE", "call us"),
        ("TRACE_BLOB_FOLDER", __file__),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(tmp_path: Path, name: str, value: str) -> None:
    message = refusal(tmp_path, DATABASE_URL=DATABASE, TRACE_SECRET_KEY=SECRET, **{name: value})
    assert name in message


def test_secrets_stay_out_of_the_representation(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://u:hunter2@h/n", TRACE_SECRET_KEY=SECRET)
    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)


def test_a_state_folder_of_another_user_is_left_alone(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of another user")
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 65534, -1)
    with pytest.raises(local_state.StateUnusable, match="another user"):
        local_state.installation(folder)


def test_a_damaged_state_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "installation.json").write_text("{", encoding="utf-8")
    with pytest.raises(local_state.StateUnusable, match="damaged"):
        local_state.installation(tmp_path)


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with local_state.hold(tmp_path):
        assert local_state.is_held(tmp_path)
        with pytest.raises(local_state.AlreadyRunning), local_state.hold(tmp_path, patience_s=0):
            pass
    assert not local_state.is_held(tmp_path)


def test_receivers_of_this_machine_are_named_for_development(tmp_path: Path) -> None:
    settings = production(tmp_path, TRACE_OUTGOING_LOOPBACK="127.0.0.1:9000 [::1]:9001")
    assert settings.outgoing_loopback == {"127.0.0.1:9000", "[::1]:9001"}


@pytest.mark.parametrize("value", ["10.0.0.1:80", "example.com:443", "127.0.0.1", "*"])
def test_a_receiver_elsewhere_is_no_exception(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match="TRACE_OUTGOING_LOOPBACK"):
        production(tmp_path, TRACE_OUTGOING_LOOPBACK=value)


def test_a_public_service_makes_no_exception(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="strangers"):
        production(tmp_path, TRACE_PUBLIC_URL="https://a.example", TRACE_OUTGOING_LOOPBACK="127.0.0.1:9000")


WITNESS = "w.example.vn+1a2b3c4d+BASE64/with+signs="


def test_the_log_key_is_in_the_key_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert production(tmp_path).log_key_file == tmp_path / "keys" / "log.key"
    assert production(tmp_path, TRACE_LOG_KEY_FILE="/k/own.key").log_key_file == Path("/k/own.key")


def test_the_log_key_is_no_folder(tmp_path: Path) -> None:
    assert "TRACE_LOG_KEY_FILE" in refusal(tmp_path, **PRODUCTION, TRACE_LOG_KEY_FILE=str(tmp_path))


def test_witnesses_are_pairs_of_key_and_address(tmp_path: Path) -> None:
    settings = production(
        tmp_path, TRACE_LOG_WITNESSES=f"{WITNESS} https://w.example.vn/a, {WITNESS} http://127.0.0.1:9/"
    )
    assert settings.log_witnesses == (
        (WITNESS, "https://w.example.vn/a"),
        (WITNESS, "http://127.0.0.1:9/"),
    )
    assert settings.log_witness_quorum == 2


@pytest.mark.parametrize(
    "value",
    [WITNESS, "https://w.example.vn", f"{WITNESS} ftp://w.example.vn", f"{WITNESS} http://w.example.vn",
     f"{WITNESS} https://w.example.vn/?a=b", f"{WITNESS} https://w.example.vn {WITNESS}"],
)  # fmt: skip
def test_a_witness_that_cannot_be_asked_safely_is_refused(tmp_path: Path, value: str) -> None:
    assert "TRACE_LOG_WITNESSES" in refusal(tmp_path, **PRODUCTION, TRACE_LOG_WITNESSES=value)


@pytest.mark.parametrize("quorum", ["0", "2", "-1", "one", "1.0"])
def test_the_quorum_is_between_one_and_all_witnesses(tmp_path: Path, quorum: str) -> None:
    witnesses = f"{WITNESS} https://w.example.vn"
    message = refusal(tmp_path, **PRODUCTION, TRACE_LOG_WITNESSES=witnesses, TRACE_LOG_WITNESS_QUORUM=quorum)
    assert "TRACE_LOG_WITNESS_QUORUM" in message


def test_a_quorum_without_witnesses_is_refused(tmp_path: Path) -> None:
    assert "QUORUM" in refusal(tmp_path, **PRODUCTION, TRACE_LOG_WITNESS_QUORUM="1")


ORGANISATION = "0190b6c1-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (f"{ORGANISATION} 192.168.1.50", "192.168.1.50:9100"),
        (f"{ORGANISATION} 192.168.1.50:9101", "192.168.1.50:9101"),
        (f" {ORGANISATION}  [fd00:0::1]:9100 ,", "[fd00::1]:9100"),
    ],
)
def test_a_printer_is_approved_for_one_organisation(tmp_path: Path, value: str, address: str) -> None:
    assert production(tmp_path, TRACE_PRINTERS=value).printers == ((UUID(ORGANISATION), address),)


@pytest.mark.parametrize(
    "value",
    [
        "192.168.1.50",
        f"{ORGANISATION} printer.example",
        f"{ORGANISATION} 192.168.1.50:0",
        f"{ORGANISATION} 192.168.1.50:99999",
        f"{ORGANISATION} 0.0.0.0",
        f"{ORGANISATION} 224.0.0.1",
        f"{ORGANISATION} 192.168.1.050",
        "everybody 192.168.1.50",
        f"{ORGANISATION} 192.168.1.50 9100",
    ],
)
def test_a_printer_that_cannot_be_one_stops_the_start(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match="TRACE_PRINTERS"):
        production(tmp_path, TRACE_PRINTERS=value)


def test_this_machine_is_no_printer_where_strangers_reach_the_service(tmp_path: Path) -> None:
    value = f"{ORGANISATION} 127.0.0.1:9100"
    assert production(tmp_path, TRACE_PRINTERS=value).printers
    with pytest.raises(ConfigurationError, match="this machine"):
        production(tmp_path, TRACE_PRINTERS=value, TRACE_PUBLIC_URL="https://a.example")


def test_limits_for_strangers_are_whole_numbers(tmp_path: Path) -> None:
    plain = production(tmp_path)
    assert (plain.unknown_codes_free, plain.unknown_codes_per_minute, plain.hidden_code_tries) == (60, 30, 20)
    stated = production(tmp_path, TRACE_UNKNOWN_CODES_FREE="0", TRACE_HIDDEN_CODE_TRIES="5")
    assert (stated.unknown_codes_free, stated.hidden_code_tries) == (0, 5)
    assert (
        plain.scan_retention_days,
        production(tmp_path, TRACE_SCAN_RETENTION_DAYS="31").scan_retention_days,
    ) == (
        400,
        31,
    )
    assert (plain.copy_places, plain.copy_places_hours, plain.copy_case_score) == (5, 48, 50)
    assert production(tmp_path, TRACE_COPY_PLACES="8").copy_places == 8
    for name, wrong in (
        ("TRACE_COPY_PLACES", "1"),
        ("TRACE_COPY_KILOMETRES_AN_HOUR", "0"),
        ("TRACE_SCAN_RETENTION_DAYS", "30"),
        ("TRACE_UNKNOWN_CODES_FREE", "-1"),
        ("TRACE_UNKNOWN_CODES_PER_MINUTE", "0"),
        ("TRACE_HIDDEN_CODE_TRIES", "many"),
    ):
        with pytest.raises(ConfigurationError, match=name):
            production(tmp_path, **{name: wrong})
