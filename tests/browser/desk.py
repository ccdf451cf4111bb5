"""What a person does in JupyterLab, as methods: each waits for what it should see, never for a time."""

from playwright.sync_api import Browser, FrameLocator, Locator, expect

SECONDS = 20
expect.set_options(timeout=SECONDS * 1000)


class Desk:
    """JupyterLab in a browser window."""

    def __init__(self, browser: Browser, address: str, shots) -> None:
        self.page = browser.new_page(viewport={"width": 1300, "height": 1250})
        self.page.set_default_timeout(SECONDS * 1000)
        self.shots, self.taken = shots, 0
        self.page.goto(address, wait_until="commit")
        expect(self.page.locator(".jp-Launcher")).to_be_visible()

    def shoot(self, what: str) -> None:
        """Keeps a screenshot, numbered in the order of the story."""
        self.taken += 1
        self.page.screenshot(path=self.shots / f"{self.taken:02}-{what}.png", animations="disabled")

    def menu(self, *names: str) -> None:
        """Opens a menu, then its entries one after another."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(names[0], exact=True).click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()

    # --- in a notebook ---------------------------------------------------------------------------------------------

    def cell(self, text: str) -> Locator:
        """The first code cell with this text."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)).first

    def run(self, text: str) -> Locator:
        """Runs the cell and gives it back."""
        cell = self.cell(text)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        return cell

    def write(self, text: str, answer: str) -> None:
        """Replaces the cell's text and runs it."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(answer)
        self.page.keyboard.press("Shift+Enter")

    def save(self) -> None:
        """Saves, and waits until JupyterLab says so."""
        self.page.keyboard.press("ControlOrMeta+s")
        expect(self.page.get_by_text("Saving completed")).to_be_visible()

    def validate(self) -> Locator:
        """Presses Validate; the dialog that opens."""
        self.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_contain_text("Validation Results")
        return dialog

    # --- in the Assignment List ------------------------------------------------------------------------------------

    def assignments(self, kind: str) -> Locator:
        """One of its three lists: released, fetched, submitted."""
        return self.page.locator(f"#{kind}_assignments_list")

    # --- in the Formgrader -----------------------------------------------------------------------------------------

    def formgrader(self) -> FrameLocator:
        """Its page."""
        return self.page.frame_locator("iframe")

    def press(self, what: str, then: str) -> None:
        """Presses one of Formgrader's icons and waits until it says that it was done."""
        self.formgrader().locator(f"td.{what} a").click()
        dialog = self.formgrader().locator(".modal-dialog").first
        expect(dialog).to_contain_text(then)
        dialog.get_by_role("button", name="OK").click()
        expect(dialog).to_be_hidden()
