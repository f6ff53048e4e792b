//! `kudu.rpc.GenericCalculatorService`, the hand-written service of Kudu's RPC tests: sidecars.

use async_io::Timer;
use blocking::unblock;
use bytes::{BufMut, Bytes, BytesMut};
use krpc_tokio::{Answer, CallContext, ErrorStatus, Reply, Status};

use super::calculator;
use crate::pb::rpc::generic_calculator_service::GenericCalculatorService;
use crate::pb::rpc_test::*;
use crate::random::Random;

/// Making up as much takes longer than a task may hold up the others of its thread.
const AT_ONCE: u64 = 64 << 10;

/// Kudu's other test service: it takes sidecars and tells what they were, and sends some.
///
/// To serve it, wrap it in the generated `GenericCalculatorServiceServer`.
#[derive(Clone, Copy, Debug)]
pub struct GenericCalculator {
    max_produced: u64,
}

impl Default for GenericCalculator {
    fn default() -> Self {
        Self::new(52_428_800)
    }
}

impl GenericCalculator {
    /// A service that refuses to make up more than `max_produced` bytes of sidecars for one call.
    /// Without such a limit a request of a few bytes could take all memory.
    pub fn new(max_produced: u64) -> Self {
        GenericCalculator { max_produced }
    }

    fn check_size(&self, size: Option<u64>) -> Result<(), ErrorStatus> {
        match size {
            Some(size) if size <= self.max_produced => Ok(()),
            _ => {
                let message = format!("more than {} bytes asked for", self.max_produced);
                Err(Status::invalid_argument(message).into())
            }
        }
    }
}

impl GenericCalculatorService for GenericCalculator {
    async fn add(&self, _: CallContext, req: AddRequestPb) -> Answer<AddResponsePb> {
        Ok(AddResponsePb { result: req.x.wrapping_add(req.y) }.into())
    }

    async fn sleep(&self, cx: CallContext, req: SleepRequestPb) -> Answer<SleepResponsePb> {
        calculator::sleep(&cx, &req).await?;
        Ok(SleepResponsePb {}.into())
    }

    /// Sleeps, then checks that the sidecar still holds what the request says it does.
    async fn sleep_with_sidecar(
        &self,
        cx: CallContext,
        req: SleepWithSidecarRequestPb,
    ) -> Answer<SleepResponsePb> {
        let sidecar = sidecar(&cx, req.sidecar_idx)?;
        let time = std::time::Duration::from_micros(req.sleep_micros.into());
        Timer::after(time).await;
        let pattern = req.pattern.to_le_bytes();
        let whole = sidecar.len() as u64 == u64::from(req.num_repetitions) * 4;
        if !whole || sidecar.chunks(4).any(|word| word != pattern) {
            let message = "the sidecar does not hold the pattern as often as the request says";
            return Err(Status::invalid_argument(message).into());
        }
        Ok(SleepResponsePb {}.into())
    }

    async fn push_strings(
        &self,
        cx: CallContext,
        req: PushStringsRequestPb,
    ) -> Answer<PushStringsResponsePb> {
        let mut response = PushStringsResponsePb::default();
        for index in req.sidecar_indexes {
            let sidecar = sidecar(&cx, index)?;
            response.sizes.push(size(&sidecar));
            response.crcs.push(crc32c::crc32c(&sidecar));
        }
        Ok(response.into())
    }

    async fn push_strings_fast(
        &self,
        cx: CallContext,
        req: PushStringsRequestPb,
    ) -> Answer<PushStringsResponsePb> {
        let mut response = PushStringsResponsePb::default();
        for index in req.sidecar_indexes {
            response.sizes.push(size(&sidecar(&cx, index)?));
        }
        Ok(response.into())
    }

    /// Two strings that depend on the seed alone. They are not the ones that Kudu's generator
    /// makes of the same seed.
    async fn send_two_strings(
        &self,
        _: CallContext,
        req: SendTwoStringsRequestPb,
    ) -> Answer<SendTwoStringsResponsePb> {
        self.check_size(req.size1.checked_add(req.size2))?;
        let make = move || {
            let mut random = Random::new(u64::from(req.random_seed));
            [string(&mut random, req.size1), string(&mut random, req.size2)]
        };
        let strings = if req.size1 + req.size2 < AT_ONCE { make() } else { unblock(make).await };
        let mut reply = Reply::new(SendTwoStringsResponsePb { sidecar1: 0, sidecar2: 1 });
        for string in strings {
            reply.add_sidecar(string);
        }
        Ok(reply)
    }
}

fn sidecar(cx: &CallContext, index: u32) -> Result<Bytes, ErrorStatus> {
    let found = cx.sidecars().get(index as usize);
    found.map_err(|e| Status::invalid_argument(e.to_string()).into())
}

fn size(sidecar: &Bytes) -> u32 {
    u32::try_from(sidecar.len()).expect("a frame is shorter than 4 GiB")
}

/// So many bytes that the random numbers decide.
fn string(random: &mut Random, size: u64) -> Bytes {
    let size = usize::try_from(size).expect("checked against a limit that fits");
    let mut out = BytesMut::with_capacity(size + 8);
    while out.len() < size {
        out.put_u64(random.next());
    }
    out.truncate(size);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_depend_on_the_seed() {
        let make = |seed, size| string(&mut Random::new(seed), size);
        assert_eq!(make(1, 100), make(1, 100));
        assert_ne!(make(1, 100), make(2, 100));
        assert_eq!(make(3, 13).len(), 13);
        assert!(make(3, 0).is_empty());
    }

    #[test]
    fn production_is_limited() {
        let service = GenericCalculator::new(10);
        assert!(service.check_size(Some(10)).is_ok());
        assert!(service.check_size(Some(11)).is_err());
        assert!(service.check_size(u64::MAX.checked_add(1)).is_err());
    }
}
