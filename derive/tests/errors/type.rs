use flagstone::Clear;

#[derive(Clear)]
enum NoDefault {
    A,
    B,
}

#[derive(Clear)]
union Union {
    a: u8,
}

fn main() {}
