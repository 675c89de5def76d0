"""Mistakes that mypy must find; nothing runs this."""

from oauth_mimic import Provider


def mistakes(provider: Provider) -> None:
    provider.fail_next("2")  # wrong
    provider.fail_next(fault="explode")  # wrong
    provider.fail_next(on="tokens")  # wrong
    provider.add_fault({"on": "token"})  # wrong
    provider.mint("access_token", colour="red")  # wrong
    provider.mint().upper()  # wrong
    provider.put_client("mine", grants=["client_credentials"])  # wrong
    provider.requests({"colour": "red"})  # wrong
    provider.requests()[0]["colour"]  # wrong
    provider.token_url + 1  # wrong
