//! Any bytes, cut anywhere.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The same bytes give the same answers, however they are cut.
    #[test]
    fn bytes_may_be_cut_anywhere(cuts in proptest::collection::vec(1..30usize, 1..200)) {
        let all = [bytes(NODE_RED), bytes(NODE_RED_PUBLISH), bytes(NODE_RED_RELEASE), publish("stat/x/POWER", "ON", true)];
        let all = all.concat();
        let whole = { let mut world = World::new(); let id = world.stream(&all); world.broker.take_output(id) };
        let mut world = World::new();
        let id = world.broker.connect();
        let (mut rest, mut out, mut cuts) = (&all[..], Vec::new(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            world.send(id, now);
            out.extend(world.broker.take_output(id));
            rest = later;
        }
        prop_assert_eq!(out, whole);
    }

    /// No bytes break it: what it sends can be read, and it comes to rest.
    #[test]
    fn random_bytes_do_no_harm(streams in proptest::collection::vec(garbage(), 1..6)) {
        let mut world = World::new();
        // Longer than any client id that a changed byte could make.
        let reader = world.reader("the one who reads", "#", 1);
        for bytes in &streams {
            let id = world.stream(bytes);
            world.broker.take_output(id);
            world.broker.closed(id);
        }
        world.got(reader);
        world.until(10_000_000);
        prop_assert_eq!(world.broker.next_deadline(), None);
        prop_assert!(!world.broker.is_busy() && world.broker.is_connected("the one who reads"));
    }
}

/// Good packets with some bytes changed, after a CONNECT or not.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let good = prop::sample::select(vec![
        bytes(DEVICE_MANAGER),
        bytes(NODE_RED),
        bytes(NODE_RED_PUBLISH),
        bytes(NODE_RED_RELEASE),
        bytes(EXPLORER),
        subscribe(&[("a/+", 1), ("b#", 2)]),
        publish("a/b", "x", true),
        lasting("p"),
        vec![0xc0, 0],
    ]);
    let change = proptest::option::of((any::<prop::sample::Index>(), any::<u8>()));
    let packet = (good, change).prop_map(|(mut bytes, change)| {
        if let Some((at, byte)) = change {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    });
    (any::<bool>(), proptest::collection::vec(packet, 0..12)).prop_map(|(greet, packets)| {
        let first = if greet { connect("g").bytes() } else { Vec::new() };
        [first, packets.concat()].concat()
    })
}
