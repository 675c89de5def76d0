from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

CALLBACK = "http://localhost:3000/callback"


def test_alice_logs_in(oauth_mimic):
    client = OAuth2Session(
        "web",
        "web-secret",
        scope="openid email",
        redirect_uri=CALLBACK,
        token_endpoint=oauth_mimic.token_url,
        code_challenge_method="S256",
    )
    verifier = generate_token(48)
    url, state = client.create_authorization_url(oauth_mimic.authorization_url, code_verifier=verifier)
    oauth_mimic.next_login(user="alice")
    response = oauth_mimic.authorize(url)
    client.fetch_token(authorization_response=response.url, state=state, code_verifier=verifier)
    assert client.get(oauth_mimic.userinfo_url).json()["sub"] == "alice"


def test_a_user_can_refuse(oauth_mimic):
    client = OAuth2Session("web", "web-secret", scope="openid", redirect_uri=CALLBACK)
    url, _ = client.create_authorization_url(oauth_mimic.authorization_url)
    oauth_mimic.next_login(deny=True)
    assert oauth_mimic.authorize(url).error == "access_denied"
