//! Just enough of Rust's syntax to count lines: what is code, where functions end, where tests begin.

/// The text with the insides of comments, strings and characters turned into blanks; line ends stay.
pub fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, len) = token(rest, first, out.chars().next_back());
        let (token, tail) = rest.split_at_checked(len).unwrap_or((rest, ""));
        if kept {
            out.push_str(token);
        } else {
            out.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = tail;
    }
    out
}

/// Whether the text begins with code, and the length of that piece.
fn token(rest: &str, first: char, before: Option<char>) -> (bool, usize) {
    let word_before = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match first {
        '/' if rest.starts_with("//") => (false, rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => (false, block_comment(rest)),
        '"' => (false, string(rest)),
        'r' if !word_before || before == Some('b') => match raw_string(rest) {
            Some(len) => (false, len),
            None => (true, 1),
        },
        '\'' => match character(rest) {
            Some(len) => (false, len),
            None => (true, 1),
        },
        other => (true, other.len_utf8()),
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `r"…"` or `r#"…"#`; `None` for a word that begins with r.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.trim_start_matches('#').strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let inside = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + inside)
}

/// The length of a character; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    match chars.next()? {
        (_, '\\') => rest.get(3..)?.find('\'').map(|at| at + 4),
        _ => chars.next().filter(|&(_, c)| c == '\'').map(|(at, _)| at + 1),
    }
}

/// A function and its first and last line, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of the word `fn`.
    pub first: usize,
    /// Line of the closing brace.
    pub last: usize,
}

/// All functions with a body, in the order in which they begin. `code` comes from [`code`].
pub fn functions(code: &str) -> Vec<Function> {
    let starts = code.match_indices("fn ").filter(|(at, _)| begins_word(code, *at));
    starts.filter_map(|(at, _)| function(code, at)).collect()
}

fn begins_word(code: &str, at: usize) -> bool {
    let before = code.get(..at).and_then(|head| head.chars().next_back());
    !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn function(code: &str, at: usize) -> Option<Function> {
    let head = code.get(at + 3..)?;
    let name: String = head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return None;
    }
    let open = at + 3 + body(head)?;
    let close = open + closing(code.get(open..)?)?;
    Some(Function { name, first: line(code, at), last: line(code, close) })
}

/// Where the body opens; `None` for a signature alone.
fn body(head: &str) -> Option<usize> {
    let mut depth = 0i32;
    for (at, c) in head.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Where the brace at the front closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0i32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn line(code: &str, at: usize) -> usize {
    code.get(..at).map_or(0, |head| head.matches('\n').count()) + 1
}

/// Lines before the module of tests; all lines where there is none.
pub fn lines_before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_tests = |pair: &[&str]| matches!(pair, ["#[cfg(test)]", next] if is_module(next));
    lines.windows(2).position(is_tests).unwrap_or(lines.len())
}

fn is_module(line: &str) -> bool {
    line.starts_with("mod ") && line.ends_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_no_code() {
        let text = "a // b {\n\"c }\\\" {\" /* d /* { */ } */ '{' '\\'' 'x: &'a str r#\"{\"# br\"}\" for_r";
        let code = code(text);
        assert_eq!(code.len(), text.len());
        assert!(!code.contains(['{', '}']), "{code}");
        assert!(code.contains("'x: &'a str") && code.contains("for_r"), "{code}");
    }

    #[test]
    fn a_function_reaches_from_its_word_to_its_brace() {
        let text = "impl A {\n    fn one(&self) -> [u8; 2] {\n        match x { _ => {} }\n    }\n    fn none();\n}\nfn two() {}\n";
        let found = functions(&code(text));
        assert_eq!(
            found,
            [
                Function { name: "one".into(), first: 2, last: 4 },
                Function { name: "two".into(), first: 7, last: 7 }
            ]
        );
    }

    #[test]
    fn function_pointers_and_other_words_are_no_functions() {
        assert!(functions("type A = fn (u8) -> u8; let my_fn = 1; struct B { f: fn (u8) }").is_empty());
    }

    #[test]
    fn tests_begin_at_their_module() {
        assert_eq!(lines_before_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(lines_before_tests("#[cfg(test)]\nuse a;\nb\n"), 3);
    }
}
