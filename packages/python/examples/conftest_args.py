import pytest


@pytest.fixture(scope="session")
def oauth_mimic_args():
    return ["--profile", "standard"]
