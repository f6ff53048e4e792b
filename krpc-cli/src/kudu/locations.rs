//! Where the tablets of a table are (Kudu's `client/meta_cache.cc`).

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::address::Address;
use crate::failure::Failure;
use crate::output::plain;
use crate::pb::app_status_pb::ErrorCode;
use crate::pb::consensus::raft_peer_pb::Role;
use crate::pb::master::*;
use crate::pb::{HostPortPb, PartitionKeyPb};

use super::Masters;
use super::leader::{Answer, Cluster};
use super::retry::pause;
use super::table::identifier;

/// How many tablets are asked for at once. Walking by the ends of tablets, one at a time, would never
/// leave a gap between two ranges.
const PAGE: u32 = 1000;

/// How long a tablet that was looked up by itself is taken to be where it was.
pub(super) const LIFE: Duration = Duration::from_secs(300);

/// Bytes of a partition key for each dimension of hashing.
const BUCKET_BYTES: usize = 4;

/// A partition key: the hash part, then the range part, each compared by its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartitionKey {
    pub(super) hash: Bytes,
    pub(super) range: Bytes,
}

impl PartitionKey {
    /// Of a tablet's bound, where both parts are one string.
    fn split(key: Option<Bytes>, dimensions: usize) -> Self {
        let mut range = key.unwrap_or_default();
        let hash = range.split_to(range.len().min(dimensions.saturating_mul(BUCKET_BYTES)));
        PartitionKey { hash, range }
    }

    /// The start of everything; as an end, the end of everything.
    pub(super) fn is_empty(&self) -> bool {
        self.hash.is_empty() && self.range.is_empty()
    }
}

/// A tablet and who has it.
#[derive(Clone, Debug)]
pub(super) struct Tablet {
    pub(super) id: String,
    /// Its first key.
    pub(super) start: PartitionKey,
    /// The first key that it does not have; empty for the table's end.
    pub(super) end: PartitionKey,
    pub(super) replicas: Vec<Replica>,
}

/// One copy of a tablet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replica {
    pub(super) address: Address,
    pub(super) leads: bool,
}

impl Tablet {
    /// The replica that leads, unless there is an election.
    pub(super) fn leader(&self) -> Option<&Replica> {
        self.replicas.iter().find(|replica| replica.leads)
    }

    fn has(&self, key: &PartitionKey) -> bool {
        self.start <= *key && (self.end.is_empty() || *key < self.end)
    }
}

/// The tablets of a table.
#[derive(Clone, Debug)]
pub(super) struct Locations {
    /// By their first keys.
    pub(super) tablets: Vec<Tablet>,
    /// When they are to be looked up again.
    pub(super) expire: Instant,
}

impl Locations {
    /// Looks all of them up.
    pub(super) async fn of(cluster: &mut Cluster, table_id: &str) -> Result<Self, Failure> {
        let mut seen = HashSet::new();
        let mut found = Locations { tablets: Vec::new(), expire: Instant::now() };
        let mut key = PartitionKey::default();
        loop {
            let page = page(cluster, table_id, &key).await?;
            found.expire = Instant::now() + Duration::from_millis(page.ttl_millis().into());
            let whole = page.tablet_locations.len() < PAGE as usize;
            // A key between two ranges brings the tablet before it, which is known already.
            for location in page.tablet_locations {
                if seen.insert(location.tablet_id.clone()) {
                    found.tablets.push(tablet(location, &page.ts_infos));
                }
            }
            let next = found.tablets.last().map(|last| last.end.clone()).unwrap_or_default();
            if whole || next.is_empty() {
                return Ok(found);
            }
            if next <= key {
                let said = "its pages of tablets do not end";
                return Err(Failure::call("GetTableLocations failed", said, None));
            }
            key = next;
        }
    }

    /// The place of the tablet that a key belongs to; none if it lies between the ranges.
    pub(super) fn place(&self, key: &PartitionKey) -> Option<usize> {
        let after = self.tablets.partition_point(|tablet| tablet.start <= *key);
        let place = after.checked_sub(1)?;
        self.tablets[place].has(key).then_some(place)
    }
}

/// Looks one tablet up again.
pub(super) async fn find(cluster: &mut Cluster, tablet_id: &str) -> Result<Tablet, Failure> {
    let request = GetTabletLocationsRequestPb {
        tablet_ids: vec![tablet_id.into()],
        intern_ts_infos_in_response: Some(true),
        ..Default::default()
    };
    let method = "GetTabletLocations";
    let answer = cluster.call(method, |m: &Masters| m.get_tablet_locations(&request)).await?;
    let found = answer.tablet_locations.into_iter().find(|found| found.tablet_id == tablet_id);
    found.map(|found| tablet(found, &answer.ts_infos)).ok_or_else(|| {
        let status = answer.errors.first().and_then(|error| error.status.as_ref());
        let said = status.and_then(|status| status.message.as_deref());
        let said = plain(said.unwrap_or("the master does not know where it is"));
        Failure::call(format_args!("cannot find tablet {}", plain(tablet_id)), said, None)
    })
}

/// The tablets from `key` on. As long as one of them does not run yet, the master tells of none.
async fn page(
    cluster: &mut Cluster,
    table_id: &str,
    key: &PartitionKey,
) -> Result<GetTableLocationsResponsePb, Failure> {
    let joined = [&key.hash[..], &key.range[..]].concat();
    let request = GetTableLocationsRequestPb {
        table: identifier(table_id),
        partition_key_start: Some(joined.into()),
        max_returned_locations: Some(PAGE),
        intern_ts_infos_in_response: Some(true),
        key_start: Some(PartitionKeyPb {
            range_key: Some(key.range.clone()),
            hash_key: Some(key.hash.clone()),
        }),
        ..Default::default()
    };
    let method = "GetTableLocations";
    for attempt in 1.. {
        let answer = cluster.ask(method, |m: &Masters| m.get_table_locations(&request)).await?;
        let Some(error) = answer.error() else { return Ok(answer) };
        let later = error.status.code() == ErrorCode::ServiceUnavailable;
        if !later || !pause(attempt, cluster.deadline()).await {
            return Err(cluster.refused(method, error));
        }
    }
    unreachable!("attempts do not run out before time does")
}

fn tablet(location: TabletLocationsPb, servers: &[TsInfoPb]) -> Tablet {
    let partition = location.partition.unwrap_or_default();
    let dimensions = partition.hash_buckets.len();
    let leader = i32::from(Role::Leader);
    let interned = location.interned_replicas.iter().filter_map(|replica| {
        let server = servers.get(usize::try_from(replica.ts_info_idx).ok()?)?;
        Some(Replica { address: address(server)?, leads: replica.role == leader })
    });
    // From a server that does not know how to intern.
    let others = location.deprecated_replicas.iter().filter_map(|replica| {
        Some(Replica { address: address(&replica.ts_info)?, leads: replica.role == leader })
    });
    Tablet {
        replicas: interned.chain(others).collect(),
        start: PartitionKey::split(partition.partition_key_start, dimensions),
        end: PartitionKey::split(partition.partition_key_end, dimensions),
        id: location.tablet_id,
    }
}

/// The first address, as Kudu's client takes it; none if it is no address at all.
fn address(server: &TsInfoPb) -> Option<Address> {
    let HostPortPb { host, port } = server.rpc_addresses.first()?;
    let brackets = host.contains(':');
    let text = if brackets { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    /// What Kudu 1.18.1 answered for a table of two buckets on one server.
    const ANSWER: &str = "\
        123b0a2039393763383063613262386634353133396163356130656439393063366563362800320f\
        0a0100 1204000000001a0400000001 3a0408001001\
        123b0a2031626362323538643166343234373537386334636263346561373538346563632800320f\
        0a0101 1204000000011a0400000002 3a0408001001\
        18e0a712 22330a206265313866343036363636373431376461353866356132626231386436343866\
        120f0a093132372e302e302e31109a8501";

    fn locations() -> Locations {
        let hex: String = ANSWER.split_whitespace().collect();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let answer = GetTableLocationsResponsePb::decode(&bytes[..]).unwrap();
        let servers = answer.ts_infos;
        let found = answer.tablet_locations.into_iter();
        Locations {
            tablets: found.map(|found| tablet(found, &servers)).collect(),
            expire: Instant::now(),
        }
    }

    fn key(hash: &[u8], range: &[u8]) -> PartitionKey {
        PartitionKey { hash: Bytes::copy_from_slice(hash), range: Bytes::copy_from_slice(range) }
    }

    #[test]
    fn a_real_answer_is_read() {
        let locations = locations();
        let [first, second] = &locations.tablets[..] else { panic!("{locations:?}") };
        assert_eq!(first.id, "997c80ca2b8f45139ac5a0ed990c6ec6");
        assert_eq!(first.end, second.start);
        assert_eq!(second.end, key(&[0, 0, 0, 2], b""));
        assert_eq!(second.leader().unwrap().address.to_string(), "127.0.0.1:17050");
    }

    #[test]
    fn keys_lead_to_tablets() {
        let mut locations = locations();
        let found = |locations: &Locations, hash, range: &[u8]| {
            locations
                .place(&key(&[0, 0, 0, hash], range))
                .map(|place| locations.tablets[place].id[..4].to_owned())
        };
        assert_eq!(found(&locations, 0, b"zz").unwrap(), "997c");
        assert_eq!(found(&locations, 1, b"").unwrap(), "1bcb");
        assert_eq!(found(&locations, 2, b""), None);
        // A gap: the first tablet ends before the second begins.
        locations.tablets[0].end = key(&[0, 0, 0, 0], b"m");
        assert_eq!(found(&locations, 0, b"a").unwrap(), "997c");
        assert_eq!(found(&locations, 0, b"m"), None);
    }

    #[test]
    fn numbers_of_servers_that_are_not_there_and_wrong_addresses_are_left_out() {
        let server = |host: &str, port| TsInfoPb {
            rpc_addresses: vec![HostPortPb { host: host.into(), port }],
            ..Default::default()
        };
        let servers = [server("h", 1), server("\x1b[2J", 1), server("h", 70_000), server("::1", 2)];
        let replica = |index| tablet_locations_pb::InternedReplicaPb {
            ts_info_idx: index,
            role: Role::Follower.into(),
            dimension_label: None,
        };
        let interned_replicas = (0..6).map(replica).collect();
        let found = tablet(TabletLocationsPb { interned_replicas, ..Default::default() }, &servers);
        let addresses: Vec<_> = found.replicas.iter().map(|r| r.address.to_string()).collect();
        assert_eq!(addresses, ["h:1", "[::1]:2"]);
        assert_eq!(found.leader(), None);
    }
}
