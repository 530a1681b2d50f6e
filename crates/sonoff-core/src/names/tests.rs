//! Topics against the rules of the protocol reference.

use proptest::prelude::*;

use super::*;

const MAC: [u8; 6] = [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56];

fn settings(topic: &str, full_topic: &str) -> Settings {
    let mut settings = Settings::default();
    settings.set_text(Text::TOPIC, topic).unwrap();
    settings.set_text(Text::FULL_TOPIC, full_topic).unwrap();
    settings
}

fn set_prefixes(settings: &mut Settings, prefixes: [&str; 3]) {
    (1..).zip(prefixes).for_each(|(n, prefix)| settings.set_nth_text(Text::PREFIX, n, prefix).unwrap());
}

fn names(topic: &str, full_topic: &str) -> Names {
    Names::expand(&settings(topic, full_topic), MAC, "").unwrap()
}

fn own(full_topic: &str) -> [std::string::String; 3] {
    let names = names("sonoff", full_topic);
    Prefix::ALL.map(|prefix| names.own(prefix).to_owned())
}

#[test]
fn t_7_templates_become_topics() {
    assert_eq!(own("%prefix%/%topic%"), ["cmnd/sonoff/", "stat/sonoff/", "tele/sonoff/"]);
    assert_eq!(own("home/%topic%/%prefix%"), ["home/sonoff/cmnd/", "home/sonoff/stat/", "home/sonoff/tele/"]);
    assert_eq!(own("%prefix%/%id%/%hostname%")[1], "stat/240AC4123456/sonoff-5206/");
    assert_eq!(own("%prefix%/%topic%-%topic%")[1], "stat/sonoff-sonoff/");
    assert_eq!(own("%Prefix%/%prefix%/%topic%")[1], "%Prefix%/stat/sonoff/");
}

#[test]
fn t_7_d_and_e_hashes_go_and_double_slashes_become_one() {
    assert_eq!(own("%prefix%//%topic%#")[1], "stat/sonoff/");
    assert_eq!(own("%prefix%///%topic%")[1], "stat//sonoff/");
}

#[test]
fn t_9_a_missing_or_doubled_last_slash_makes_no_difference() {
    for template in ["%prefix%/%topic%", "%prefix%/%topic%/", "%prefix%/%topic%//"] {
        assert_eq!(own(template), ["cmnd/sonoff/", "stat/sonoff/", "tele/sonoff/"]);
    }
}

#[test]
fn t_10_without_a_prefix_only_commands_get_one() {
    assert_eq!(own("home/%topic%"), ["home/sonoff/cmnd/", "home/sonoff/", "home/sonoff/"]);
}

// T-14, T-15, T-16
#[test]
fn t_14_to_t_16_numeric_tokens_of_names() {
    for (pattern, name) in [
        ("DVES_%06X", "DVES_123456"),
        ("lamp_%06X", "lamp_123456"),
        ("a%04dxyz", "a5206"),
        ("a%6d", "a005206"),
        ("a%d", "a1193046"),
        ("a%12X", "a240AC4123456"),
        ("a%hostname%", "a%hostname%"),
        ("plain", "plain"),
    ] {
        assert_eq!(expanded(&mut [0; MAX_NAME], pattern, &MAC), name, "{pattern}");
    }
}

#[test]
fn t_6_and_t_17_ids_come_from_the_mac() {
    let names = names("sonoff", "%prefix%/%topic%");
    assert_eq!((names.id.as_str(), names.client.as_str()), ("240AC4123456", "DVES_123456"));
}

#[test]
fn t_24_host_names() {
    for (topic, host) in [("sonoff", "sonoff-5206"), ("_my lamp.1", "xmy-lamp.1-5206")] {
        assert_eq!(names(topic, "%prefix%/%topic%").hostname, host);
    }
}

// T-18, T-43
#[test]
fn t_18_and_t_43_the_fallback_topic_uses_the_built_in_words() {
    let mut settings = settings("x", "%topic%/%prefix%");
    set_prefixes(&mut settings, ["in", "out", "tell"]);
    let names = Names::expand(&settings, MAC, "_fb").unwrap();
    let mut buf = [0; 64];
    let mut sink = Sink::new(&mut buf);
    names.write(&mut sink, Tree::Fallback, Prefix::Stat);
    assert_eq!(sink.into_str(), "stat/DVES_123456_fb/");
    assert!(names.is_fallback("cmnd/DVES_123456_fb/POWER"));
    assert!(!names.is_fallback("cmnd/dves_123456_fb/POWER"));
    assert!(!names.is_fallback("cmnd/DVES_123456/POWER"));
}

#[test]
fn t_42_a_group_is_a_whole_level() {
    let names = names("sonoff", "%prefix%/%topic%");
    assert!(names.is_group("cmnd/sonoffs/POWER"));
    assert!(!names.is_group("cmnd/sonoffs2/POWER"));
    assert!(!names.is_group("cmnd/sonoff/POWER"));
}

#[test]
fn t_11_and_t_37_without_topic_there_are_no_groups() {
    assert_eq!(names("sonoff", "%prefix%/house/").group(1), None);
    assert_eq!(names("sonoff", "%prefix%/%topic%").group(1), Some("sonoffs"));
    assert_eq!(names("sonoff", "%prefix%/%topic%").group(2), None);
}

#[test]
fn names_that_cannot_work_are_refused() {
    let expand = |topic: &str, full: &str| Names::expand(&settings(topic, full), MAC, "").map(drop);
    assert_eq!(expand("sonoff", "%topic%/%prefix%/%prefix%"), Ok(()));
    assert_eq!(expand("sonoff", &"x".repeat(100)), Ok(()));
    assert_eq!(expand(&"t".repeat(32), &"%topic%/".repeat(12)), Err(TopicError::TooLong));
    assert_eq!(expand("sonoff", "%prefix%"), Err(TopicError::HidesFallback));
    assert_eq!(expand("DVES_123456", "%prefix%/%topic%"), Err(TopicError::HidesFallback));
    let mut same = Settings::default();
    same.set_nth_text(Text::PREFIX, 2, "cmnd").unwrap();
    assert_eq!(Names::expand(&same, MAC, "").map(drop), Err(TopicError::Loop));
    let mut group = settings("x", "home/%topic%");
    group.set_text(Text::GROUP_TOPIC, "x/cmnd").unwrap();
    assert_eq!(Names::expand(&group, MAC, "").map(drop), Err(TopicError::Loop));
}

proptest! {
    #[test]
    fn no_own_topic_is_an_own_command(
        topic in "[a-z0-9_/]{1,12}",
        group in "[a-z0-9_/]{1,12}",
        template in "(%prefix%|%topic%|%id%|/|a|cmnd|stat|#){1,6}",
        prefixes in proptest::array::uniform3("[a-c]{1,2}"),
    ) {
        let mut settings = settings(&topic, &template);
        settings.set_text(Text::GROUP_TOPIC, &group).unwrap();
        set_prefixes(&mut settings, prefixes.each_ref().map(|prefix| prefix.as_str()));
        let Ok(names) = Names::expand(&settings, MAC, "") else { return Ok(()) };
        let base = |prefix| names.base(&mut [0; MAX_BASE], Tree::Group(1), prefix).unwrap().to_owned();
        let mut subscribed = vec![names.own(Prefix::Cmnd).to_owned(), "cmnd/DVES_123456/".to_owned()];
        let mut sent = vec![names.own(Prefix::Stat).to_owned(), names.own(Prefix::Tele).to_owned()];
        if names.group(1).is_some() {
            subscribed.push(base(Prefix::Cmnd));
            sent.push(base(Prefix::Stat));
        }
        for filter in &subscribed {
            for topic in &sent {
                prop_assert!(!topic.starts_with(filter.as_str()), "{topic} is received through {filter}#");
            }
        }
    }

    #[test]
    fn no_template_breaks_it(topic in "\\PC{0,8}", template in "\\PC{0,25}") {
        let _ = Names::expand(&settings(&topic, &template), MAC, "");
    }
}
