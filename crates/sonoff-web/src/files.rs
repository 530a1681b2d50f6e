//! The pages, compressed.

/// A file that the device serves.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub(crate) path: &'static str,
    /// What it is.
    pub kind: &'static str,
    /// Its bytes, compressed with gzip.
    pub bytes: &'static [u8],
}

/// All of them.
pub(crate) const FILES: &[File] = &[
    File { path: "/", kind: "text/html", bytes: include_bytes!(concat!(env!("OUT_DIR"), "/index.html.gz")) },
    File {
        path: "/style.css",
        kind: "text/css",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/style.css.gz")),
    },
    File {
        path: "/app.js",
        kind: "text/javascript",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/app.js.gz")),
    },
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::path::Path;

    use flate2::read::GzDecoder;

    use super::*;

    fn text(file: &File) -> String {
        let mut text = String::new();
        GzDecoder::new(file.bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_pages_are_those_of_the_sources() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
        for (file, source) in FILES.iter().zip(["index.html", "style.css", "app.js"]) {
            assert_eq!(text(file), fs::read_to_string(folder.join(source)).unwrap(), "{source}");
        }
    }

    // W-15
    #[test]
    fn no_page_needs_what_the_policy_forbids_or_another_host() {
        for file in FILES {
            let text = text(file);
            for never in [
                "http://",
                "https://",
                "<style",
                "javascript:",
                "innerHTML",
                "insertAdjacentHTML",
                "eval(",
                "document.write",
                "style=",
            ] {
                let allowed = text.matches("http://www.w3.org").count();
                assert_eq!(
                    text.matches(never).count() - if never == "http://" { allowed } else { 0 },
                    0,
                    "{}: {never}",
                    file.path
                );
            }
            let handlers =
                text.split_whitespace().filter(|word| word.starts_with("on") && word.contains("=\""));
            assert_eq!(handlers.count(), 0, "{}", file.path);
        }
    }
}
