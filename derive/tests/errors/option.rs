use flagstone::Clear;

#[derive(Clear)]
struct Unknown {
    #[clear(forget)]
    a: u8,
}

#[derive(Clear)]
struct Two {
    #[clear(skip, default)]
    a: u8,
}

#[derive(Clear)]
#[clear(keep_variant)]
struct NotAnEnum;

#[derive(Clear)]
#[clear(keep)]
struct UnknownOfType;

#[derive(Clear, Default)]
enum InVain {
    #[default]
    A,
    B(#[clear(skip)] u8),
}

#[derive(Clear, Default)]
enum OfVariant {
    #[default]
    A,
    #[clear(skip)]
    B,
}

fn main() {}
