//! What pages have of the device.

use sonoff_core::Answers;
use sonoff_hal::{Clock, Pins, System};

use super::Shared;

impl<P: Pins, C: Clock, Y: System> Shared<'_, P, C, Y> {
    /// Waits until pages can be seen, or until they cannot.
    pub async fn until_pages(&self, wanted: bool) {
        while self.pages.get() != wanted {
            self.due.pages.wait().await;
        }
    }

    /// The device is an access point itself.
    pub fn is_set_up(&self) -> bool {
        self.is_set_up.get()
    }

    /// The last return code of the link.
    pub fn rc(&self) -> i8 {
        self.rc.get()
    }

    /// Carries out a command line of a page.
    pub fn ask(&self, line: &str) -> Answers {
        let answers = self.device.borrow_mut().ask(self.now(), line);
        self.settle();
        answers
    }
}
