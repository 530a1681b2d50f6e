//! What the libraries may depend on.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{Failure, Outcome, run};

/// A library, what it may name in its manifest, and what may not come in by any way.
struct Library {
    name: &'static str,
    direct: &'static [&'static str],
    never: &'static [&'static str],
}

/// A name that ends in `-` stands for all that begin so. The network traits bring `embassy-time`'s types, so it is kept
/// out of manifests only.
const LIBRARIES: &[Library] = &[
    Library {
        name: "sonoff-core",
        direct: &["heapless", "minicbor", "defmt"],
        never: &["sonoff-mqtt", "sonoff-hal", "embedded-", "embassy-", "edge-", "mqttrs", "xtask"],
    },
    Library {
        name: "sonoff-mqtt",
        direct: &["mqttrs", "heapless", "defmt"],
        never: &["sonoff-core", "sonoff-hal", "embedded-", "embassy-", "edge-", "xtask"],
    },
    Library {
        name: "sonoff-hal",
        direct: &[
            "embedded-hal",
            "embedded-hal-async",
            "embedded-io-async",
            "embedded-storage-async",
            "edge-nal",
            // For `FixedPins` and the null parts.
            "embassy-futures",
            "embassy-sync",
            "heapless",
            "defmt",
        ],
        never: &["sonoff-core", "sonoff-mqtt", "embassy-executor", "xtask"],
    },
    Library {
        name: "sonoff-sensors",
        direct: &["sonoff-hal", "embassy-futures", "embedded-hal", "embedded-hal-async", "heapless", "defmt"],
        never: &["sonoff-core", "sonoff-mqtt", "sonoff-runtime", "embassy-executor", "xtask"],
    },
    Library {
        name: "sonoff-tls",
        direct: &[
            "sonoff-hal",
            "embassy-futures",
            "embassy-sync",
            "embedded-io-async",
            "heapless",
            // TLS 1.3 without an allocator and the form of its cipher, certificates, and what signs and hashes.
            "embedded-tls",
            "aead",
            "rustls-pki-types",
            "rustls-webpki",
            "p256",
            "p384",
            "rsa",
            "sha1",
        ],
        never: &["sonoff-core", "sonoff-mqtt", "sonoff-runtime", "embassy-executor", "ring", "std", "xtask"],
    },
    Library {
        name: "sonoff-web",
        // The head of a request, Basic logins, comparisons that tell nothing.
        direct: &["sonoff-core", "httparse", "base64ct", "subtle", "heapless", "defmt"],
        never: &["sonoff-mqtt", "sonoff-hal", "sonoff-runtime", "embedded-", "embassy-", "edge-", "xtask"],
    },
    Library {
        name: "sonoff-setup",
        direct: &["sonoff-hal", "edge-captive", "edge-dhcp", "edge-nal", "heapless", "defmt"],
        never: &["sonoff-core", "sonoff-mqtt", "sonoff-web", "sonoff-runtime", "embassy-executor", "xtask"],
    },
    Library {
        name: "sonoff-runtime",
        direct: &[
            "sonoff-core",
            "sonoff-mqtt",
            "sonoff-hal",
            "sonoff-setup",
            "sonoff-web",
            "embassy-sync",
            "embassy-futures",
            "embedded-hal",
            "embedded-hal-async",
            "embedded-io-async",
            "embedded-storage-async",
            "edge-mdns",
            "edge-nal",
            "sntpc",
            "heapless",
            "defmt",
        ],
        never: &["embassy-executor", "esp-", "embassy-rp", "tokio", "xtask"],
    },
    Library {
        name: "sonoff-embassy",
        direct: &[
            "sonoff-hal",
            "embassy-embedded-hal",
            "embassy-net",
            "embassy-sync",
            "embassy-time",
            "edge-nal",
            "edge-nal-embassy",
            "embedded-io-async",
            "embedded-storage",
            "embedded-storage-async",
            "defmt",
        ],
        never: &["sonoff-core", "sonoff-mqtt", "sonoff-runtime", "esp-", "embassy-rp", "tokio", "xtask"],
    },
    Library { name: "sonoff-testkit", direct: &["*"], never: &["tokio", "async-io", "sonoff-sim", "xtask"] },
];

/// Prints what should not be there.
///
/// # Errors
/// [`Failure::Found`] when there is something; [`Failure::Step`] when cargo cannot tell.
pub fn run(root: &Path, _: &[String]) -> Outcome {
    let mut wrong = Vec::new();
    for library in LIBRARIES {
        let direct = tree(root, library.name, &["--depth", "1"])?;
        let all = tree(root, library.name, &[])?;
        println!("{}: {}", library.name, joined(&all));
        wrong.extend(offences(library, &direct, &all));
    }
    wrong.iter().for_each(|line| println!("{line}"));
    match wrong.len() {
        0 => Ok(()),
        count => Err(Failure::Found(count, "dependencies that should not be")),
    }
}

/// The names that `cargo tree` shows below a package, with all its features.
fn tree(root: &Path, package: &str, more: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let args = ["tree", "--edges", "normal", "--prefix", "none", "--all-features", "--package", package];
    let text = run::output(run::cargo(root, &[&args[..], more].concat()))?;
    Ok(names(&text, package))
}

fn names(text: &str, package: &str) -> BTreeSet<String> {
    let first_words = text.lines().filter_map(|line| line.split_whitespace().next());
    first_words.filter(|name| *name != package).map(str::to_owned).collect()
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn offences(library: &Library, direct: &BTreeSet<String>, all: &BTreeSet<String>) -> Vec<String> {
    let free = library.direct.contains(&"*");
    let strange = direct.iter().filter(|name| !free && !library.direct.contains(&name.as_str()));
    let strange = strange.map(|name| format!("{} may not name {name}", library.name));
    let never = all.iter().filter(|name| library.never.iter().any(|pattern| is(name, pattern)));
    let never = never.map(|name| format!("{} may not come to depend on {name}", library.name));
    strange.chain(never).collect()
}

fn is(name: &str, pattern: &str) -> bool {
    if pattern.ends_with('-') { name.starts_with(pattern) } else { name == pattern }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: Library = Library { name: "a", direct: &["b"], never: &["embedded-", "c"] };

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_tree_is_read_by_its_first_words() {
        assert_eq!(names("a v0.1.0 (/x)\nb v1.0.0\nd v2.0.0 (*)\n", "a"), set(&["b", "d"]));
    }

    #[test]
    fn what_is_allowed_passes() {
        assert!(offences(&LIBRARY, &set(&["b"]), &set(&["b", "cc", "not-embedded-x"])).is_empty());
    }

    #[test]
    fn a_strange_name_and_a_forbidden_one_are_told() {
        let told = offences(&LIBRARY, &set(&["x"]), &set(&["x", "c", "embedded-hal"]));
        assert_eq!(
            told,
            ["a may not name x", "a may not come to depend on c", "a may not come to depend on embedded-hal"]
        );
    }
}
