use flagstone::Clear;

struct Unclear;

#[derive(Clear)]
struct Fields {
    fine: String,
    wrong: Unclear,
}

#[derive(Clear)]
struct Positions(u8, Vec<u8>, Unclear);

#[derive(Clear)]
#[clear(keep_variant)]
enum Variants {
    Fine(u8),
    Wrong { fine: u8, wrong: Unclear },
}

#[derive(Clear)]
struct Reset {
    #[clear(default)]
    wrong: Unclear,
}

#[derive(Clear)]
struct With {
    #[clear(with = String::clear)]
    wrong: u8,
}

fn main() {}
