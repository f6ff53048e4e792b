//! The master of a [cluster](super::cluster) in this process.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krpc_cli::pb::consensus::raft_peer_pb::Role;
use krpc_cli::pb::master::master_service::MasterService;
use krpc_cli::pb::master::*;
use krpc_cli::pb::{AppStatusPb, HostPortPb, app_status_pb};
use krpc_tokio::{Answer, CallContext};

use super::cluster::{State, bounds, location, partitions, schema, tablet_number, token};

/// It knows of one table, `t`.
pub(crate) struct Master(pub(crate) Arc<State>);

impl Master {
    fn servers(&self) -> Vec<TsInfoPb> {
        let addresses = &self.0.addresses.get().expect("the cluster has started")[..2];
        let server = |(host, port): &(String, u32)| TsInfoPb {
            permanent_uuid: port.to_string(),
            rpc_addresses: vec![HostPortPb { host: host.clone(), port: *port }],
            ..Default::default()
        };
        addresses.iter().map(server).collect()
    }
}

/// Whether there is one left of so many, which is none of them then.
fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
}

fn refusal(
    code: master_error_pb::Code,
    of_status: app_status_pb::ErrorCode,
    message: &str,
) -> Option<MasterErrorPb> {
    let message = Some(message.into());
    let status = AppStatusPb { code: of_status.into(), message, posix_code: None };
    Some(MasterErrorPb { code: code.into(), status })
}

impl MasterService for Master {
    async fn ping(&self, _: CallContext, _: PingRequestPb) -> Answer<PingResponsePb> {
        Ok(PingResponsePb {}.into())
    }

    async fn connect_to_master(
        &self,
        _: CallContext,
        _: ConnectToMasterRequestPb,
    ) -> Answer<ConnectToMasterResponsePb> {
        let role = if take(&self.0.following) { Role::Follower } else { Role::Leader };
        let role = Some(role.into());
        Ok(ConnectToMasterResponsePb { role, ..Default::default() }.into())
    }

    async fn list_masters(
        &self,
        _: CallContext,
        _: ListMastersRequestPb,
    ) -> Answer<ListMastersResponsePb> {
        Ok(ListMastersResponsePb::default().into())
    }

    async fn list_tablet_servers(
        &self,
        _: CallContext,
        _: ListTabletServersRequestPb,
    ) -> Answer<ListTabletServersResponsePb> {
        Ok(ListTabletServersResponsePb::default().into())
    }

    async fn list_tables(
        &self,
        _: CallContext,
        _: ListTablesRequestPb,
    ) -> Answer<ListTablesResponsePb> {
        let table = list_tables_response_pb::TableInfo {
            id: "id-of-t".into(),
            name: "t".into(),
            ..Default::default()
        };
        Ok(ListTablesResponsePb { tables: vec![table], ..Default::default() }.into())
    }

    async fn get_table_schema(
        &self,
        _: CallContext,
        request: GetTableSchemaRequestPb,
    ) -> Answer<GetTableSchemaResponsePb> {
        if take(&self.0.silent) {
            return pending().await;
        }
        let TableIdentifierPb { table_id, table_name } = request.table;
        if table_id.as_deref() != Some("id-of-t") && table_name.as_deref() != Some("t") {
            let error = refusal(
                master_error_pb::Code::TableNotFound,
                app_status_pb::ErrorCode::NotFound,
                "the table does not exist",
            );
            return Ok(GetTableSchemaResponsePb { error, ..Default::default() }.into());
        }
        let number = self.0.schemas.fetch_add(1, Ordering::Relaxed);
        let answer = GetTableSchemaResponsePb {
            schema: Some(schema(self.0.of_type)),
            table_id: Some("id-of-t".into()),
            partition_schema: Some(partitions(self.0.size.tablets)),
            authz_token: Some(token(number)),
            ..Default::default()
        };
        Ok(answer.into())
    }

    async fn get_table_locations(
        &self,
        _: CallContext,
        request: GetTableLocationsRequestPb,
    ) -> Answer<GetTableLocationsResponsePb> {
        if take(&self.0.starting) {
            let error = refusal(
                master_error_pb::Code::TabletNotRunning,
                app_status_pb::ErrorCode::ServiceUnavailable,
                "Tablet not running",
            );
            return Ok(GetTableLocationsResponsePb { error, ..Default::default() }.into());
        }
        let key = request.partition_key_start.expect("old servers know no other");
        let parts = request.key_start.expect("new servers may want it");
        let joined = [parts.hash_key.expect("given"), parts.range_key.expect("given")].concat();
        assert_eq!(key, joined);
        // From the last one that begins before the key, even if it ends there too.
        let tablets = 0..self.0.size.tablets;
        let first = tablets.clone().rfind(|tablet| bounds(&self.0, *tablet).0 <= key);
        let most = request.max_returned_locations.expect("given");
        let page = tablets.skip(first.unwrap_or(0)).take(usize::try_from(most).expect("small"));
        let answer = GetTableLocationsResponsePb {
            tablet_locations: page.map(|tablet| location(&self.0, tablet)).collect(),
            ts_infos: self.servers(),
            ..Default::default()
        };
        Ok(answer.into())
    }

    async fn get_tablet_locations(
        &self,
        _: CallContext,
        request: GetTabletLocationsRequestPb,
    ) -> Answer<GetTabletLocationsResponsePb> {
        // In an election a leader is found sooner or later.
        self.0.lookups.fetch_add(1, Ordering::Relaxed);
        if take(&self.0.forgetful) {
            return Ok(GetTabletLocationsResponsePb::default().into());
        }
        let ids = request.tablet_ids.iter();
        let answer = GetTabletLocationsResponsePb {
            tablet_locations: ids.map(|id| location(&self.0, tablet_number(id))).collect(),
            ts_infos: self.servers(),
            ..Default::default()
        };
        Ok(answer.into())
    }

    async fn create_table(
        &self,
        _: CallContext,
        _: CreateTableRequestPb,
    ) -> Answer<CreateTableResponsePb> {
        Ok(CreateTableResponsePb::default().into())
    }

    async fn is_create_table_done(
        &self,
        _: CallContext,
        _: IsCreateTableDoneRequestPb,
    ) -> Answer<IsCreateTableDoneResponsePb> {
        Ok(IsCreateTableDoneResponsePb::default().into())
    }

    async fn delete_table(
        &self,
        _: CallContext,
        _: DeleteTableRequestPb,
    ) -> Answer<DeleteTableResponsePb> {
        Ok(DeleteTableResponsePb::default().into())
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == MasterFeatures::ConnectToMaster as u32
    }
}
