"""A browser without JavaScript and without a person."""

from mechanicalsoup import StatefulBrowser

PATIENCE = 10


class Robot(StatefulBrowser):
    """Keeps cookies, and presses buttons."""

    def redirected(self, url):
        """Where that URL sends the browser, which does not go there."""
        return _location(
            self.session.get(url, allow_redirects=False, timeout=PATIENCE)
        )

    def press(self, label, **fields):
        """Fills in the form of the button whose text begins so, and presses it."""
        buttons = self.page.find_all("button")
        button = next(held for held in buttons if held.text.startswith(label))
        form = self.select_form(button.find_parent("form"))
        for name, value in fields.items():
            form[name] = value
        form.choose_submit(button)
        return self

    def go(self):
        """Submits, and follows redirects."""
        return self.submit_selected(timeout=PATIENCE)

    def submitted(self):
        """Submits, and returns where that sends the browser, which does not go there."""
        return _location(
            self.submit_selected(
                update_state=False, allow_redirects=False, timeout=PATIENCE
            )
        )


def _location(response):
    assert response.is_redirect, f"{response.status_code}: {response.text}"
    return response.headers["Location"]
