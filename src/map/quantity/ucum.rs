//! UCUM's grammar (The Unified Code for Units of Measure, 2.2, case sensitive), for the units that GP records need: what
//! is not in these lists is no unit here, so that a slip in the table is found.

/// Units that take prefixes.
const METRIC: [&str; 31] = [
    "m", "s", "g", "K", "mol", "L", "l", "Cel", "Hz", "N", "Pa", "J", "W", "V", "A", "Gy", "Sv", "Bq", "kat",
    "U", "[IU]", "[iU]", "osm", "eq", "P", "B", "cal", "bar", "m[Hg]", "m[H2O]", "[CFU]",
];
/// Units that take none.
const PLAIN: [&str; 24] = [
    "%",
    "10*",
    "10^",
    "min",
    "h",
    "d",
    "wk",
    "mo",
    "a",
    "deg",
    "[degF]",
    "[in_i]",
    "[ft_i]",
    "[lb_av]",
    "[oz_av]",
    "[stone_av]",
    "[pH]",
    "[HPF]",
    "[diop]",
    "[GPL'U]",
    "[MPL'U]",
    "[arb'U]",
    "[drp]",
    "[ppm]",
];
const PREFIXES: [&str; 13] = ["G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a"];
/// Not metric in UCUM, though written with a prefix-like letter elsewhere in the list.
const NEVER_PREFIXED: [&str; 1] = ["[CFU]"];

/// Whether a text is a UCUM expression.
pub(crate) fn is_ucum(text: &str) -> bool {
    text.is_ascii() && Reader(text).main_term()
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    /// `main-term = "/" term | term`
    fn main_term(&mut self) -> bool {
        self.eats('/');
        self.term(0) && self.0.is_empty()
    }

    /// `term = component { ("." | "/") component }`
    fn term(&mut self, depth: usize) -> bool {
        let mut good = depth < 4 && self.component(depth);
        while good && (self.eats('.') || self.eats('/')) {
            good = self.component(depth);
        }
        good
    }

    /// `component = "(" term ")" | annotatable [annotation] | annotation | factor`
    fn component(&mut self, depth: usize) -> bool {
        if self.eats('(') {
            return self.term(depth + 1) && self.eats(')');
        }
        if self.0.starts_with('{') {
            return self.annotation();
        }
        let end = self.0.find(['.', '/', '(', ')', '{']).unwrap_or(self.0.len());
        let (simple, rest) = self.0.split_at(end);
        self.0 = rest;
        let factor = !simple.starts_with('0') && simple.bytes().all(|byte| byte.is_ascii_digit());
        let good = !simple.is_empty() && (factor || is_unit(simple));
        good && (!self.0.starts_with('{') || self.annotation())
    }

    /// `annotation = "{" characters without blanks and braces "}"`
    fn annotation(&mut self) -> bool {
        let Some((words, rest)) = self.0.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return false;
        };
        self.0 = rest;
        !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'{')
    }

    fn eats(&mut self, sign: char) -> bool {
        let rest = self.0.strip_prefix(sign);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

/// `simple-unit [exponent]`
fn is_unit(text: &str) -> bool {
    if is_simple(text) {
        return true;
    }
    let simple = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['+', '-']);
    let exponent = &text[simple.len()..];
    let digits = exponent.trim_start_matches(['+', '-']);
    exponent.len() - digits.len() <= 1 && !digits.is_empty() && is_simple(simple)
}

fn is_simple(text: &str) -> bool {
    let prefixed = || {
        PREFIXES
            .iter()
            .filter_map(|prefix| text.strip_prefix(prefix))
            .any(|unit| METRIC.contains(&unit) && !NEVER_PREFIXED.contains(&unit))
    };
    METRIC.contains(&text) || PLAIN.contains(&text) || prefixed()
}

#[test]
fn the_grammar_takes_what_ucum_takes_and_nothing_else() {
    for good in [
        "mmol/L",
        "10*9/L",
        "mm[Hg]",
        "cm[H2O]",
        "kg/m2",
        "mL/min/{1.73_m2}",
        "%{HbA1c}",
        "[IU]/L{37C}",
        "/min",
        "/[HPF]",
        "g/(24.h)",
        "m[IU]/L",
        "{units}/wk",
        "1",
        "mosm/kg",
        "[GPL'U]/mL",
        "dB{HL}",
        "cP",
        "mPa.s",
        "s-1",
        "10*-3",
    ] {
        assert!(is_ucum(good), "{good}");
    }
    for bad in [
        "", "/", "mmHg", "mmol//L", "mmol/", "kg/m^2", "mmol / L", "IU/L", "mcg", "µg", "Banana", "{", "{}",
        "{a b}", "(g", "g)", "g/24h", "hour", "bpm", "m2m", "kmin", "k%", "x10*9/L", "g/(24.h", "{a}{b}",
        "cm[Hg", "2-", "-1",
    ] {
        assert!(!is_ucum(bad), "{bad}");
    }
}
