//! Which topics and filters are allowed, and which filter matches which topic.

/// Most levels of a filter or topic.
pub const MAX_LEVELS: usize = 200;

/// Whether a message may be published there.
pub fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#']) && topic.split('/').count() <= MAX_LEVELS
}

/// Whether a client may subscribe to it: `#` alone in the last level, `+` alone in its level.
pub fn is_filter(filter: &str) -> bool {
    let levels = filter.split('/').count();
    let allowed = |(n, level): (usize, &str)| match level {
        "#" => n + 1 == levels,
        "+" => true,
        _ => !level.contains(['+', '#']),
    };
    !filter.is_empty() && levels <= MAX_LEVELS && filter.split('/').enumerate().all(allowed)
}

/// Whether `filter` matches `topic`. A leading wildcard does not match topics that begin with `$`.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        match (wanted, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_stand_alone_in_their_level() {
        for good in ["a", "/", "#", "+", "a/#", "+/+/#", "a//b", "$SYS/#", "a b", "ü/+"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b#"] {
            assert!(!is_filter(bad), "{bad}");
        }
    }

    #[test]
    fn topics_have_no_wildcards() {
        assert!(is_topic("a/b") && is_topic("/") && is_topic("$SYS/x"));
        assert!(!is_topic("") && !is_topic("a/+") && !is_topic("#"));
    }

    #[test]
    fn levels_are_limited() {
        let deep = "a/".repeat(MAX_LEVELS - 1);
        assert!(is_topic(&deep) && is_filter(&deep));
        assert!(!is_topic(&(deep.clone() + "/")) && !is_filter(&(deep + "/")));
    }

    #[test]
    fn examples_of_the_standard() {
        for (filter, topic) in [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
            ("#", "/finance"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("sport/+", "sport/"),
            ("$SYS/#", "$SYS/broker"),
            ("$SYS/monitor/+", "$SYS/monitor/Clients"),
            ("stat/+/POWER", "stat/sonoff/POWER"),
        ] {
            assert!(matches(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in [
            ("sport/tennis/+", "sport/tennis/player1/ranking"),
            ("sport/+", "sport"),
            ("+", "/finance"),
            ("#", "$SYS/broker"),
            ("+/monitor/Clients", "$SYS/monitor/Clients"),
            ("cmnd/sonoff", "cmnd/Sonoff"),
            ("a/b", "a"),
        ] {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }

    proptest! {
        #[test]
        fn a_topic_matches_itself_and_each_level_may_be_a_plus(
            levels in proptest::collection::vec("[a-z]{0,3}", 1..6), n in 0..6usize,
        ) {
            let topic = levels.join("/");
            prop_assume!(!topic.is_empty());
            prop_assert!(matches(&topic, &topic));
            let mut wild = levels.clone();
            if let Some(level) = wild.get_mut(n) {
                *level = "+".to_owned();
            }
            prop_assert!(matches(&wild.join("/"), &topic));
            let below = topic.clone() + "/#";
            prop_assert!(matches(&below, &topic));
        }
    }
}
