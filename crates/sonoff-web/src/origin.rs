//! Whether a request comes from this device's own pages, or from nobody's.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::head::Head;
use crate::status::Status;

/// What local name servers put behind a host name. Nobody can have a name of these in the public system, so that none
/// can be made to point here.
const LOCAL: [&str; 5] = ["local", "lan", "home", "internal", "home.arpa"];

/// Refuses what another site sends (W-6), and what believes to talk to another host (W-5).
pub(crate) fn check(head: &Head<'_>, hostname: &str) -> Result<(), Status> {
    let (origin, referer) = (head.value("origin"), head.value("referer"));
    // Before HTTP/1.1 there need be no host; no browser is so old, and no site is this device then.
    let is_own = |from: &str, path| head.host().is_some_and(|host| is_from(from, host, path));
    let own = is_for(head, hostname)
        && origin.is_none_or(|origin| is_own(origin, false))
        && referer.is_none_or(|referer| is_own(referer, true))
        && head.value("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    if own { Ok(()) } else { Err(Status::Forbidden) }
}

/// The client believes to talk to this device, or does not say to whom.
pub(crate) fn is_for(head: &Head<'_>, hostname: &str) -> bool {
    head.host().is_none_or(|host| is_own_name(host, hostname))
}

/// An address, or this device's name.
fn is_own_name(host: &str, hostname: &str) -> bool {
    let name = without_port(host);
    let v6 = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let is_address = name.parse::<Ipv4Addr>().is_ok() || v6.is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok());
    is_address || name.eq_ignore_ascii_case("localhost") || is_local_name(name, hostname)
}

fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) | None => host,
    }
}

fn is_local_name(name: &str, hostname: &str) -> bool {
    let (first, rest) = name.split_once('.').unwrap_or((name, "local"));
    first.eq_ignore_ascii_case(hostname) && LOCAL.iter().any(|local| rest.eq_ignore_ascii_case(local))
}

/// `http://<host>`, and behind it nothing or a path.
fn is_from(address: &str, host: &str, path: bool) -> bool {
    let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    let Some((name, rest)) = rest.and_then(|rest| rest.split_at_checked(host.len())) else { return false };
    name.eq_ignore_ascii_case(host) && (rest.is_empty() || (path && rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(lines: &str) -> bool {
        let text = format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n");
        check(&Head::read(text.as_bytes()).unwrap().unwrap(), "sonoff-5206").is_err()
    }

    // W-5
    #[test]
    fn only_own_names_and_addresses_are_answered() {
        for host in [
            "10.0.0.5",
            "10.0.0.5:8080",
            "[fe80::1]",
            "[::1]:80",
            "localhost:8080",
            "sonoff-5206",
            "SONOFF-5206:80",
            "sonoff-5206.local",
            "sonoff-5206.lan:80",
            "sonoff-5206.home.arpa",
        ] {
            assert!(!refused(&format!("Host: {host}")), "{host}");
        }
        for host in [
            "evil.example",
            "sonoff-5206.evil.example",
            "sonoff-5206.local.evil.example",
            "10.0.0.5.evil.example",
            "local",
            "xsonoff-5206",
            "sonoff-520",
            "localhost.evil.example",
            "",
            "[10.0.0.5]",
            "10.0.0.5:80:80",
            "sonoff-5206.",
        ] {
            assert!(refused(&format!("Host: {host}")), "{host}");
        }
    }

    // W-6
    #[test]
    fn what_another_site_sends_is_refused() {
        let from = |line: &str| refused(&format!("Host: 10.0.0.5:8080\r\n{line}"));
        for line in [
            "X: y",
            "Origin: http://10.0.0.5:8080",
            "Referer: http://10.0.0.5:8080/",
            "Referer: http://10.0.0.5:8080",
            "Referer: http://10.0.0.5:8080/cm?x=http://evil.example",
            "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Site: none",
        ] {
            assert!(!from(line), "{line}");
        }
        for line in [
            "Origin: null",
            "Origin: http://10.0.0.5",
            "Origin: http://10.0.0.5:80801",
            "Origin: http://evil.example",
            "Origin: http://10.0.0.5:8080.evil.example",
            "Origin: http://10.0.0.5:8080/",
            "Origin: ",
            "Origin: file://",
            "Referer: http://evil.example/10.0.0.5:8080/",
            "Referer: http://10.0.0.5:8080@evil.example/",
            "Referer: ",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
            "Origin: http://10.0.0.5:8080\r\nReferer: http://evil.example/",
        ] {
            assert!(from(line), "{line}");
        }
    }

    // W-5, W-6
    #[test]
    fn who_names_no_host_may_still_be_another_site() {
        let without_host = |lines: &str| {
            let text = format!("GET / HTTP/1.0\r\n{lines}\r\n");
            check(&Head::read(text.as_bytes()).unwrap().unwrap(), "sonoff-5206").is_err()
        };
        assert!(!without_host(""));
        for line in
            ["Origin: http://evil.example\r\n", "Referer: http://a/\r\n", "Sec-Fetch-Site: cross-site\r\n"]
        {
            assert!(without_host(line), "{line}");
        }
    }
}
