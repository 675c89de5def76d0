import pytest


@pytest.mark.oauth_mimic(clock="2026-01-01T00:00:00Z", seed=1)
def test_the_same_tokens_in_each_run(oauth_mimic):
    assert oauth_mimic.now().isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.oauth_mimic(
    fixtures={
        "clients": [{"client_id": "reports", "client_secret": "s3cret", "scope": "read"}],
        "users": [{"sub": "zoe", "claims": {"email": "zoe@example.com"}}],
    }
)
def test_clients_of_its_own(oauth_mimic):
    assert [client["client_id"] for client in oauth_mimic.clients()] == ["reports"]
