//! Who the server says it is.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};

/// A setting that the server shows under the name of Kudu's flag for the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Kudu's name for it.
    pub name: String,
    /// The value in force.
    pub value: String,
    /// Whether it is Kudu's default too.
    pub is_default: bool,
}

/// What [`Generic`](super::Generic) and [`Master`](super::Master) tell about the server they run
/// in. Addresses are known only once the server listens, so they can be set later.
#[derive(Debug)]
pub struct Identity {
    uuid: String,
    cluster_id: String,
    started: SystemTime,
    flags: Vec<Flag>,
    addresses: Mutex<Vec<(String, u16)>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

impl Identity {
    /// A server of new random ids that started now, without addresses or flags.
    pub fn new() -> Self {
        Identity {
            uuid: random_id(),
            cluster_id: random_id(),
            started: SystemTime::now(),
            flags: Vec::new(),
            addresses: Mutex::default(),
        }
    }

    /// What GetFlags answers.
    pub fn with_flags(mut self, flags: Vec<Flag>) -> Self {
        self.flags = flags;
        self
    }

    /// Where clients reach this server: host and port.
    pub fn set_addresses(&self, addresses: Vec<(String, u16)>) {
        *self.addresses.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Host and port of each address.
    pub fn addresses(&self) -> Vec<(String, u16)> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// 32 hexadecimal digits.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The id of the cluster of this one server.
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// The settings shown.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Microseconds since 1970 at the start, which is how Kudu tells one start from the next.
    pub(super) fn instance(&self) -> i64 {
        micros(self.started)
    }
}

/// Microseconds since 1970; 0 for a clock that is set before.
pub(super) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// 32 random hexadecimal digits, as Kudu makes its ids.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
