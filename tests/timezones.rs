//! Local time against the time zone database: U-46, U-70 to U-72.
//!
//! The ordinary run looks at every change of every zone and at hours taken at random. The whole sweep, every hour of
//! 1970 to 2100: `cargo test --release --test timezones -- --ignored --nocapture`

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use sonoff_core::timezone::Zone;
use sonoff_testkit::bench::Bench;

/// 2028-01-01: from here on the database's own zones have their present rules alone (Havana does not change in 2026).
const PRESENT: i64 = 1_830_297_600;
/// 2101-01-01
const END: i64 = 4_133_980_800;
const HOUR: i64 = 3600;

/// A place, the database's rule for it, and the same as `Timezone`, `TimeStd` and `TimeDst` say it.
struct Place {
    name: &'static str,
    rule: &'static str,
    timezone: &'static str,
    standard: &'static str,
    daylight: &'static str,
}

const fn rules(
    name: &'static str,
    rule: &'static str,
    standard: &'static str,
    daylight: &'static str,
) -> Place {
    Place { name, rule, timezone: "99", standard, daylight }
}

const fn fixed(name: &'static str, rule: &'static str, timezone: &'static str) -> Place {
    Place { name, rule, timezone, standard: "", daylight: "" }
}

const PLACES: &[Place] = &[
    rules("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "0,0,10,1,3,60", "0,0,3,1,2,120"),
    rules("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0", "0,0,10,1,2,0", "0,0,3,1,1,60"),
    rules("Europe/Lisbon", "WET0WEST,M3.5.0/1,M10.5.0", "0,0,10,1,2,0", "0,0,3,1,1,60"),
    rules("Europe/Athens", "EET-2EEST,M3.5.0/3,M10.5.0/4", "0,0,10,1,4,120", "0,0,3,1,3,180"),
    // By law its winter is the exception; the clocks are those of London.
    rules("Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1", "0,0,10,1,2,0", "0,0,3,1,1,60"),
    rules("Atlantic/Azores", "<-01>1<+00>,M3.5.0/0,M10.5.0/1", "0,0,10,1,1,-60", "0,0,3,1,0,0"),
    rules("Asia/Beirut", "EET-2EEST,M3.5.0/0,M10.5.0/0", "0,0,10,1,0,120", "0,0,3,1,0,180"),
    // Two hours at once.
    rules("Antarctica/Troll", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", "0,0,10,1,3,0", "0,0,3,1,1,120"),
    rules("America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0", "0,1,11,1,2,-210", "0,2,3,1,2,-150"),
    rules("America/Miquelon", "<-03>3<-02>,M3.2.0,M11.1.0", "0,1,11,1,2,-180", "0,2,3,1,2,-120"),
    rules("America/Halifax", "AST4ADT,M3.2.0,M11.1.0", "0,1,11,1,2,-240", "0,2,3,1,2,-180"),
    rules("America/New_York", "EST5EDT,M3.2.0,M11.1.0", "0,1,11,1,2,-300", "0,2,3,1,2,-240"),
    rules("America/Havana", "CST5CDT,M3.2.0/0,M11.1.0/1", "0,1,11,1,1,-300", "0,2,3,1,0,-240"),
    rules("America/Chicago", "CST6CDT,M3.2.0,M11.1.0", "0,1,11,1,2,-360", "0,2,3,1,2,-300"),
    rules("America/Denver", "MST7MDT,M3.2.0,M11.1.0", "0,1,11,1,2,-420", "0,2,3,1,2,-360"),
    rules("America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0", "0,1,11,1,2,-480", "0,2,3,1,2,-420"),
    rules("America/Anchorage", "AKST9AKDT,M3.2.0,M11.1.0", "0,1,11,1,2,-540", "0,2,3,1,2,-480"),
    rules("America/Adak", "HST10HDT,M3.2.0,M11.1.0", "0,1,11,1,2,-600", "0,2,3,1,2,-540"),
    rules("Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", "1,1,4,1,3,600", "1,1,10,1,2,660"),
    rules("Australia/Adelaide", "ACST-9:30ACDT,M10.1.0,M4.1.0/3", "1,1,4,1,3,570", "1,1,10,1,2,630"),
    // Half an hour.
    rules("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "1,1,4,1,2,630", "1,1,10,1,2,660"),
    rules("Pacific/Norfolk", "<+11>-11<+12>,M10.1.0,M4.1.0/3", "1,1,4,1,3,660", "1,1,10,1,2,720"),
    rules("Pacific/Auckland", "NZST-12NZDT,M9.5.0,M4.1.0/3", "1,1,4,1,3,720", "1,0,9,1,2,780"),
    // On a Saturday.
    rules("Pacific/Easter", "<-06>6<-05>,M9.1.6/22,M4.1.6/22", "1,1,4,7,22,-360", "1,1,9,7,22,-300"),
    fixed("Asia/Kolkata", "IST-5:30", "5:30"),
    fixed("Asia/Kathmandu", "<+0545>-5:45", "+05:45"),
    fixed("Asia/Tokyo", "JST-9", "+09:00"),
    fixed("Pacific/Marquesas", "<-0930>9:30", "-9:30"),
    fixed("Pacific/Kiritimati", "<+14>-14", "14"),
    fixed("Pacific/Pago_Pago", "SST11", "-11"),
];

impl Place {
    /// Set by commands, as people do.
    fn zone(&self) -> Zone {
        let mut bench = Bench::sonoff(1);
        bench.cmnd("Timezone", self.timezone).cmnd("TimeStd", self.standard).cmnd("TimeDst", self.daylight);
        bench.device().settings().zone
    }

    fn oracle(&self) -> TimeZone {
        TimeZone::posix(self.rule).unwrap()
    }

    /// The place itself, whose rule ours must be from now on.
    fn named(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(self.name).unwrap()
    }
}

fn minute(second: i64) -> i32 {
    i32::try_from(second.div_euclid(60)).unwrap()
}

/// How many of these moments differ.
fn mismatches(zone: &Zone, oracle: &TimeZone, moments: impl Iterator<Item = i64>) -> (u64, u64) {
    moments.fold((0, 0), |(looked, wrong), second| {
        let expected = oracle.to_offset(Timestamp::from_second(second).unwrap()).seconds();
        (looked + 1, wrong + u64::from(i32::from(zone.offset(minute(second))) * 60 != expected))
    })
}

/// Every change, the seconds and hours around it, and 20,000 hours at random.
fn sample(oracle: &TimeZone, from: i64) -> Vec<i64> {
    let changes = oracle.following(Timestamp::from_second(from).unwrap());
    let changes = changes.map(|change| change.timestamp().as_second()).take_while(|second| *second < END);
    let around = |second: i64| (-3..=3).flat_map(move |hour| [-1, 0, 1].map(|by| second + hour * HOUR + by));
    let mut seed = 1_u64;
    let random = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from + i64::try_from(seed >> 33).unwrap() % ((END - from) / HOUR) * HOUR
    });
    changes.flat_map(around).chain(random.take(20_000)).collect()
}

fn compare(moments: impl Fn(&TimeZone, i64) -> Vec<i64>) {
    let (mut looked, mut wrong) = (0, 0);
    for place in PLACES {
        let zone = place.zone();
        for (oracle, from) in [(place.oracle(), 0), (place.named(), PRESENT)] {
            let (seen, differ) = mismatches(&zone, &oracle, moments(&oracle, from).into_iter());
            if differ > 0 {
                println!("{} from {from}: {differ} of {seen} differ", place.name);
            }
            (looked, wrong) = (looked + seen, wrong + differ);
        }
    }
    println!("{} zones, {looked} moments, {wrong} mismatches", PLACES.len());
    assert_eq!(wrong, 0);
}

#[test]
fn u_46_u_70_u_72_every_change_of_thirty_zones() {
    compare(sample);
}

#[test]
#[ignore = "54 million moments: cargo test --release --test timezones -- --ignored --nocapture"]
fn u_46_u_70_u_72_every_hour_of_1970_to_2100() {
    compare(|_, from| (from..END).step_by(3600).collect());
}
