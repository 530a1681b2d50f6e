//! Which page a request is for, and who may have it.

use sonoff_core::command::Word;

use crate::files::{FILES, File};
use crate::head::Method;
use crate::status::Status;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A page, style or script.
    File(&'static File),
    /// A command in the query (W-1).
    Command,
    /// Commands in a form (W-9).
    Run,
    /// What commands show (W-11).
    Shown,
    /// Log lines (W-12).
    Log,
    /// Which commands may be meant (W-13).
    Complete,
    /// What the pages have to know (W-14).
    Facts,
    /// Access points in the air (W-21).
    Scan,
}

/// The paths that are no files.
const PATHS: [(&str, Method, Route); 7] = [
    ("/cm", Method::Get, Route::Command),
    ("/run", Method::Post, Route::Run),
    ("/show", Method::Get, Route::Shown),
    ("/log", Method::Get, Route::Log),
    ("/complete", Method::Get, Route::Complete),
    ("/facts", Method::Get, Route::Facts),
    ("/scan", Method::Get, Route::Scan),
];

/// What everybody may ask and do with `Webserver 1`.
const EVERYBODY: [&str; 5] = ["Power", "State", "Status", "DeviceName", "FriendlyName"];

impl Route {
    pub(crate) fn find(method: Method, path: &str) -> Result<Self, Status> {
        let files = FILES.iter().map(|file| (file.path, Method::Get, Self::File(file)));
        let found = files.chain(PATHS).find(|(known, ..)| *known == path);
        let (_, wanted, route) = found.ok_or(Status::NotFound)?;
        if method == wanted { Ok(route) } else { Err(Status::MethodNotAllowed) }
    }

    /// It is for who may set things, too (W-10).
    pub(crate) const fn is_for_admins(self) -> bool {
        matches!(self, Self::Log | Self::Complete | Self::Scan)
    }
}

/// A command line or word that everybody may use: the switches and what they are called.
pub(crate) fn is_for_everybody(line: &str) -> bool {
    let line = line.trim_ascii();
    let end = line.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(line.len());
    let (word, argument) = line.split_at_checked(end).unwrap_or((line, ""));
    let word = Word::new(word);
    // Names can be read; of the facts, those that sensors measured.
    let reads = argument.trim_ascii().is_empty() && (word.name.len() != 6 || word.index == Some(10));
    let known = |name: &&str| name.eq_ignore_ascii_case(word.name);
    EVERYBODY.iter().find(|name| known(name)).is_some_and(|name| *name == "Power" || reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_method() {
        assert_eq!(Route::find(Method::Get, "/cm"), Ok(Route::Command));
        assert_eq!(Route::find(Method::Post, "/cm"), Err(Status::MethodNotAllowed));
        assert_eq!(Route::find(Method::Get, "/run"), Err(Status::MethodNotAllowed));
        assert_eq!(Route::find(Method::Other, "/"), Err(Status::MethodNotAllowed));
        for path in ["", "/CM", "/cm/", "//", "/../cm", "/index.html"] {
            assert_eq!(Route::find(Method::Get, path), Err(Status::NotFound), "{path}");
        }
        assert!(matches!(Route::find(Method::Get, "/"), Ok(Route::File(_))));
    }

    // W-10
    #[test]
    fn everybody_may_switch_and_nothing_else() {
        for line in
            ["Power", "power1 toggle", " POWER0 off", "State", "FriendlyName2", "devicename", "Status10"]
        {
            assert!(is_for_everybody(line), "{line}");
        }
        for line in [
            "",
            "PowerOnState 1",
            "FriendlyName2 x",
            "DeviceName x",
            "Status",
            "Status 0",
            "Status0",
            "Status5",
            "Status10 x",
            "Backlog Power on",
            "PowerRetain",
            "cmnd/x/power on",
            "_Power on",
            "MqttHost",
            "Restart 1",
        ] {
            assert!(!is_for_everybody(line), "{line}");
        }
    }
}
