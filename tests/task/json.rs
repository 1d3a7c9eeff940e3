//! A line of JSON for each task, whatever its name is.

use flagstone::task::LocalExecutor;

/// The fields of a line, by key.
type Object = Vec<(String, Value)>;

#[derive(Debug, PartialEq)]
enum Value {
    Null,
    Text(String),
    Number(f64),
    Other,
}

/// Parses JSON strictly, by RFC 8259.
struct Reader<'json> {
    rest: &'json str,
}

impl<'json> Reader<'json> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn object(&mut self) -> Option<Object> {
        let mut object = Object::new();
        self.eat("{").then_some(())?;
        self.space();
        if self.eat("}") {
            return Some(object);
        }
        loop {
            self.space();
            let key = self.text()?;
            self.space();
            self.eat(":").then_some(())?;
            object.push((key, self.value()?));
            self.space();
            if self.eat("}") {
                return Some(object);
            }
            self.eat(",").then_some(())?;
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        match self.rest.chars().next()? {
            '"' => self.text().map(Value::Text),
            '{' => self.object().map(|_| Value::Other),
            'n' => self.eat("null").then_some(Value::Null),
            't' => self.eat("true").then_some(Value::Other),
            'f' => self.eat("false").then_some(Value::Other),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let end = self.rest.find(|character: char| !matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        let digits = number.strip_prefix('-').unwrap_or(number);
        // Rust accepts numbers that JSON forbids.
        let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let odd = !digits.starts_with(|first: char| first.is_ascii_digit()) || digits.ends_with('.') || leading_zero;
        if odd { None } else { number.parse().ok().map(Value::Number) }
    }

    fn text(&mut self) -> Option<String> {
        self.eat("\"").then_some(())?;
        let mut text = String::new();
        let mut units: Vec<u16> = Vec::new();
        loop {
            let next = self.rest.chars().next()?;
            self.rest = &self.rest[next.len_utf8()..];
            if next == '\\' && self.rest.starts_with('u') {
                units.push(u16::from_str_radix(self.rest.get(1..5)?, 16).ok()?);
                self.rest = &self.rest[5..];
                continue;
            }
            text.push_str(&String::from_utf16(&std::mem::take(&mut units)).ok()?);
            match next {
                '"' => return Some(text),
                '\\' => {
                    let escaped = self.rest.chars().next()?;
                    self.rest = &self.rest[escaped.len_utf8()..];
                    text.push(match escaped {
                        '"' | '\\' | '/' => escaped,
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        _ => return None,
                    });
                }
                control if control < ' ' => return None,
                plain => text.push(plain),
            }
        }
    }
}

fn read(line: &str) -> Object {
    let mut reader = Reader { rest: line };
    let object = reader.object().unwrap_or_else(|| panic!("not JSON from {:?} on: {line}", reader.rest));
    assert_eq!(reader.rest.trim(), "", "something follows: {line}");
    object
}

fn get<'o>(object: &'o Object, key: &str) -> &'o Value {
    let mut found = object.iter().filter(|(found, _)| found == key).map(|(_, value)| value);
    let value = found.next().unwrap_or_else(|| panic!("no {key:?} in {object:?}"));
    assert!(found.next().is_none(), "{key:?} stands twice in {object:?}");
    value
}

const NAMES: [&str; 14] = [
    "plain",
    "",
    "quo\"ted",
    "\"",
    "back\\slash",
    "\\",
    "\\\"",
    "two\nlines\r\n",
    "tab\tbell\u{7}null\0",
    "\u{1}\u{8}\u{b}\u{c}\u{1f}",
    "\u{7f}\u{80}\u{9f}\u{2028}\u{2029}",
    "é–☃𝄞",
    "{\"id\":\"0x1\"},",
    "</script><!--",
];

#[test]
fn each_task_is_a_line_of_json_whatever_its_name_is() {
    let executor = LocalExecutor::new();
    let handles: Vec<_> =
        NAMES.iter().map(|&name| executor.builder().name(name).kind("a \"kind\"").spawn(async {})).collect();
    let nameless = executor.spawn(async {});
    executor.tick(5);
    let json = executor.registry().json().to_string();
    let lines: Vec<_> = json.lines().map(read).collect();
    assert_eq!(lines.len(), NAMES.len() + 1);
    let line_of = |id: flagstone::task::TaskId| {
        let of_it = |line: &&Object| *get(line, "id") == Value::Text(id.to_string());
        let mut found = lines.iter().filter(of_it);
        let line = found.next().unwrap_or_else(|| panic!("no line of {id}"));
        assert!(found.next().is_none());
        line
    };
    for (handle, name) in handles.iter().zip(NAMES) {
        let line = line_of(handle.id());
        assert_eq!(*get(line, "name"), Value::Text(name.to_owned()));
        assert_eq!(*get(line, "kind"), Value::Text("a \"kind\"".to_owned()));
        let info = handle.task().info();
        assert_eq!(*get(line, "polls"), Value::Number(f64::from(info.polls)));
        assert_eq!(*get(line, "wakes"), Value::Number(f64::from(info.wakes)));
        assert_eq!(*get(line, "size"), Value::Number(info.size as f64));
        let Value::Text(state) = get(line, "state") else { panic!("a state is text") };
        assert_eq!(state.to_lowercase(), format!("{:?}", info.state).to_lowercase());
        // The snapshot of one task prints the same, except for what has changed.
        let alone = read(info.json().to_string().trim_end_matches('\n'));
        let keys = |object: &Object| object.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!((keys(&alone), get(&alone, "name")), (keys(line), get(line, "name")));
    }
    assert_eq!(*get(line_of(nameless.id()), "name"), Value::Null);
}

#[test]
fn the_reader_refuses_what_is_not_json() {
    for wrong in [
        "",
        "{",
        "{}}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{a:1}",
        "{\"a\":nul}",
        "{\"a\":NaN}",
        "{\"a\":inf}",
        "{\"a\" 1}",
        "{\"a\":\"}",
    ] {
        crate::trials::attempt(|| read(wrong)).expect_err(wrong);
    }
    let right = read(r#"{"a": -1.5e3, "b" : "\u00e9\ud834\udd1e\n\/", "c":null,"d":{}}"#);
    assert_eq!(
        right[..3],
        [
            ("a".to_owned(), Value::Number(-1500.0)),
            ("b".to_owned(), Value::Text("é𝄞\n/".to_owned())),
            ("c".to_owned(), Value::Null),
        ]
    );
}
