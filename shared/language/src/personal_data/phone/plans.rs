//! How numbers are written inside a country.
//! Source: the national numbering plans as published under ITU-T E.129 (<https://www.itu.int/oth/T0202.aspx>) and the countries'
//! usual ways of writing them (DIN 5008, ARCEP, Ofcom, CNMC, AGCOM, ACM, NANPA, UKE, PTS, Traficom, BIPT, ANACOM, Anatel, BAKOM, RTR).

/// A way to write the numbers of a country that needs no word to tell what it is.
pub(super) struct Plan {
    /// How the number begins, as one dials it in the country.
    starts: &'static [&'static str],
    /// Fewest and most digits.
    digits: (usize, usize),
    written: Written,
}

/// How the digits are grouped.
enum Written {
    /// Not at all, or anyhow.
    Anyhow,
    /// Anyhow, but in several groups.
    InGroups,
    /// In one of these ways.
    As(&'static [&'static str]),
}

const fn plan(starts: &'static [&'static str], digits: (usize, usize), written: Written) -> Plan {
    Plan { starts, digits, written }
}

const GEOGRAPHIC: &[&str] = &["01", "02", "03", "04", "05", "06", "07", "08", "09"];

/// By country; those that are alike stand together.
const PLANS: &[Plan] = &[
    // France, the Netherlands, Switzerland, Australia; Belgium's and Sweden's mobile numbers
    plan(GEOGRAPHIC, (10, 10), Written::Anyhow),
    // Germany: mobile, then others
    plan(&["015", "016", "017"], (11, 12), Written::Anyhow),
    plan(GEOGRAPHIC, (9, 12), Written::InGroups),
    // United Kingdom
    plan(&["01", "02", "03", "07", "08"], (11, 11), Written::Anyhow),
    // Austria: mobile
    plan(&["065", "066", "067", "068", "069"], (11, 12), Written::Anyhow),
    // Belgium, Sweden, Finland, Italy: fixed
    plan(GEOGRAPHIC, (9, 11), Written::InGroups),
    // Italy: mobile
    plan(
        &["32", "33", "34", "35", "36", "37", "38", "39"],
        (10, 10),
        Written::As(&[
            "ddd ddddddd",
            "ddd ddd dddd",
            "ddd-ddddddd",
            "ddd/ddddddd",
            "ddd.ddddddd",
            "ddd-ddd-dddd",
            "ddd ddd dd dd",
            "ddd dd dd ddd",
            "ddd.ddd.dddd",
        ]),
    ),
    // Spain, Portugal, Poland
    plan(
        &["2", "4", "5", "6", "7", "8", "9"],
        (9, 9),
        Written::As(&[
            "ddd ddd ddd",
            "ddd-ddd-ddd",
            "ddd dd dd dd",
            "dd ddd dd dd",
            "dd) ddd dd dd",
            "dd ddd-dd-dd",
            "dd ddd dddd",
            "ddd-dd-dd-dd",
            "dd) ddd-dd-dd",
        ]),
    ),
    // Portugal with its country's code in parentheses
    plan(&["351"], (12, 12), Written::As(&["ddd) ddddddddd", "ddd) ddd ddd ddd", "ddd)ddddddddd"])),
    // Sweden: Stockholm and others, short
    plan(&["0"], (8, 8), Written::As(&["dd-dd dd dd", "ddd-ddd dd", "ddd-dd ddd"])),
    // Brazil
    plan(
        &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        (10, 11),
        Written::As(&[
            "dd) ddddd-dddd",
            "dd) dddd-dddd",
            "dd)ddddd-dddd",
            "dd)dddd-dddd",
            "dd) ddddd dddd",
            "dd) dddd dddd",
            "dd ddddd-dddd",
            "dd dddd-dddd",
            "dd) d dddd-dddd",
            "dd) d dddd dddd",
        ]),
    ),
];

/// Ways to write a number of the United States and Canada, with and without the 1 before it. Source: NANPA, ITU-T E.123.
const NORTH_AMERICAN: &[&str] = &[
    "ddd-ddd-dddd",
    "ddd) ddd-dddd",
    "ddd)ddd-dddd",
    "ddd.ddd.dddd",
    "ddd ddd dddd",
    "ddd) ddd dddd",
    "ddd/ddd-dddd",
    "ddd ddd-dddd",
    "ddd)-ddd-dddd",
    "ddd) ddd.dddd",
    "ddd-ddd dddd",
    "ddd)dddddddd",
];

/// Whether these digits, written in this form from the first digit on, are a number of some country.
pub(super) fn have(digits: &str, form: &str) -> bool {
    is_north_american(digits, form) || PLANS.iter().any(|plan| plan.has(digits, form))
}

fn is_north_american(digits: &str, form: &str) -> bool {
    let (digits, form) = match digits.strip_prefix('1').filter(|rest| rest.len() == 10) {
        Some(rest) => (rest, form.get(1..).unwrap_or_default()),
        None => (digits, form),
    };
    let form = form.trim_start_matches([' ', '-', '.', '(', '/']);
    let is_exchange = |from: usize| digits.get(from..=from).is_some_and(|first| first > "1");
    digits.len() == 10 && is_exchange(0) && is_exchange(3) && NORTH_AMERICAN.contains(&form)
}

impl Plan {
    fn has(&self, digits: &str, form: &str) -> bool {
        (self.digits.0..=self.digits.1).contains(&digits.len())
            && self.starts.iter().any(|start| digits.starts_with(start))
            && match self.written {
                Written::Anyhow => true,
                Written::InGroups => form.contains(|letter| letter != 'd'),
                Written::As(forms) => forms.contains(&form),
            }
    }
}
