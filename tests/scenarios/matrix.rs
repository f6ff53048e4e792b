//! Which scenario runs where.

use std::fmt;

use crate::adapter::Adapter;
use crate::cover::{Row, cover, rows};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp4,
    Tcp6,
    Unix,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    Tls12,
    Tls13,
    /// A handshake of TLS, and a plain stream after it.
    AuthOnly,
}

const ADDRESSES: [Address; 3] = [Address::Tcp4, Address::Tcp6, Address::Unix];

const SECURITIES: [Security; 4] =
    [Security::Plain, Security::Tls12, Security::Tls13, Security::AuthOnly];

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Address::Tcp4 => "tcp4",
            Address::Tcp6 => "tcp6",
            Address::Unix => "unix",
        })
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Security::Plain => "plain",
            Security::Tls12 => "tls1.2",
            Security::Tls13 => "tls1.3",
            Security::AuthOnly => "auth-only",
        })
    }
}

/// One place in the matrix: who calls whom, over what.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) client: &'static dyn Adapter,
    pub(crate) server: &'static dyn Adapter,
    pub(crate) address: Address,
    pub(crate) security: Security,
}

/// What is tried in every cell.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Panics when something is wrong.
    pub(crate) run: fn(Cell),
    /// Where it costs much: plain and TLS 1.3 only.
    pub(crate) costly: bool,
}

/// The dimensions, and what this run makes of them.
pub(crate) struct Matrix {
    pub(crate) adapters: &'static [&'static dyn Adapter],
    /// Every cell, not only those that a normal run needs.
    pub(crate) full: bool,
    /// Whether this machine has the loopback address of IPv6.
    pub(crate) ipv6: bool,
}

impl Matrix {
    /// The number of values of each dimension of a [`Row`].
    pub(crate) fn sizes(&self) -> Row {
        [self.adapters.len(), self.adapters.len(), ADDRESSES.len(), SECURITIES.len()]
    }

    pub(crate) fn cell(&self, [client, server, address, security]: Row) -> Cell {
        Cell {
            client: self.adapters[client],
            server: self.adapters[server],
            address: ADDRESSES[address],
            security: SECURITIES[security],
        }
    }

    /// Why a scenario does not exist in a cell; `None` if it does.
    pub(crate) fn reason(&self, scenario: &Scenario, row: Row) -> Option<&'static str> {
        let Cell { address, security, .. } = self.cell(row);
        match (address, security) {
            (Address::Tcp6, _) if !self.ipv6 => Some("this machine has no IPv6 loopback address"),
            (_, Security::Tls12 | Security::AuthOnly) if scenario.costly => {
                Some("it costs more than others, and runs plain and on TLS 1.3 only")
            }
            _ => None,
        }
    }

    /// The cells that one scenario runs in. `turn` differs between scenarios, so that they do not all
    /// choose the same ones.
    pub(crate) fn plan(&self, scenario: &Scenario, turn: usize) -> Vec<Row> {
        let mut possible = rows(self.sizes());
        possible.retain(|row| self.reason(scenario, *row).is_none());
        if self.full {
            return possible;
        }
        let (required, mut others): (Vec<_>, Vec<_>) =
            possible.iter().copied().partition(|row| self.is_required(*row));
        if !others.is_empty() {
            let middle = turn * 7 % others.len();
            others.rotate_left(middle);
        }
        let rest = cover(&[&others[..], &required].concat(), &required);
        [required, rest].concat()
    }

    /// What a normal run has for every scenario.
    fn is_required(&self, row: Row) -> bool {
        let Cell { address, security, .. } = self.cell(row);
        match (address, security) {
            (Address::Tcp4, Security::Plain) => true,
            (Address::Unix, Security::Plain) | (Address::Tcp4, Security::Tls13) => row[0] == row[1],
            _ => false,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { client, server, address, security } = self;
        write!(f, "{}-{}/{address}/{security}", client.name(), server.name())
    }
}
