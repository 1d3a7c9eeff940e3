//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::command;
use crate::limits::Limits;
use crate::name;

#[cfg(test)]
mod tests;

const EXAMPLES: &str = "\
Examples:
  chat                                   a server for this machine
  nc localhost 4040                      a client; any number of them
  chat --listen 0.0.0.0 --port 7000      a server for all
  echo tasks | chat --port 0             commands from a program; a port that is free
  chat --stay < /dev/null                a server without an operator
  chat --selftest                        does the server do what it should?

Output:
  On a terminal, tables fit its width: in a narrow one columns are left out, and long names are cut.
  States have colours, unless NO_COLOR is set. Elsewhere the tables are printed in full. If the output
  is closed, the server ends with its next message.

Exit status:
  0  the server was told to end, and no task was left
  1  a task was left, or --selftest found a mistake
  2  the arguments are wrong, or the server cannot listen, or a thread or standard output failed";

/// A chat server whose connections are tasks of one executor, on one thread, in the slots of a slab.
///
/// Its operator can list the tasks, and end any of them by its id.
#[derive(Debug, Parser)]
#[command(name = "chat", display_name = "chat, an example of flagstone", version, after_help = after_help())]
pub(crate) struct Arguments {
    /// The port to listen on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 4040)]
    port: u16,

    /// The address to listen on
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST),
        value_parser = address
    )]
    listen: IpAddr,

    /// Connections at a time: further ones are refused
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, value_parser = count(1, 100_000))]
    max_connections: usize,

    /// Go on when standard input ends
    #[arg(long)]
    pub(crate) stay: bool,

    /// Start servers, let clients talk to each other and cancel some of them, and check all that is heard
    #[arg(long, conflicts_with_all = ["port", "listen", "max_connections", "stay"])]
    pub(crate) selftest: bool,

    /// Clients of the self-test
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = count(5, 1000), requires = "selftest")]
    pub(crate) clients: usize,

    /// Seconds that the self-test may take
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = count(1, 3600), requires = "selftest")]
    patience: usize,
}

/// Parses an address. Names are not looked up: a name may have several addresses.
fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "not an IP address: try 127.0.0.1 for this machine, or 0.0.0.0 for all".to_owned())
}

fn count(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

fn after_help() -> String {
    let commands: String = command::HELP.lines().map(|line| format!("  {line}\n")).collect();
    format!("{}\nCommands of the operator, a line each, from standard input:\n{commands}\n{EXAMPLES}", protocol())
}

fn protocol() -> String {
    let Limits { line, outbox, introduction, farewell, .. } = Limits::default();
    format!(
        "\
Protocol:
  Lines of UTF-8 that end with \\n or \\r\\n. A client's first line is its name: letters, digits, '-', '_'
  and '.', at most {name} characters, not that of another client. Each line after it is sent to all others as
  \"name: line\". Lines of the server itself begin with \"* \", as no name does.

  /who       answers \"* here:\" and the names
  /quit      answers \"* bye\" and closes the connection

  An empty line is ignored. One of more than {line} bytes, one that is not UTF-8, and an unknown command are
  not sent, which is said. Control characters are replaced. A client that ends its half of the connection
  still gets what was said until then; a last line without an end counts. A client that gives no name
  within {introduction} s, or lets more than {outbox} KiB wait to be read, is told so and disconnected. It has
  {farewell} s to read that.
",
        name = name::LONGEST,
        introduction = introduction.as_secs(),
        outbox = outbox / 1024,
        farewell = farewell.as_secs(),
    )
}

impl Arguments {
    /// Where to listen.
    pub(crate) fn address(&self) -> SocketAddr {
        (self.listen, self.port).into()
    }

    /// The server's limits.
    pub(crate) fn limits(&self) -> Limits {
        Limits { connections: self.max_connections, ..Limits::default() }
    }

    /// The time that the self-test may take.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience as u64)
    }
}
