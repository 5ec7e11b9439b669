//! One thing that an operator that tries more would do, and what it is told.

use std::fmt::Debug;
use std::time::Duration;

use cluster::eventually;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::world::{World, name};

/// How it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verb {
    Create,
    Merge,
    Delete,
}

/// Something that is refused.
pub(crate) struct Attempt {
    pub(crate) what: String,
    pub(crate) verb: Verb,
    /// The object, or what is merged into it.
    pub(crate) object: Value,
    pub(crate) refusal: Refusal,
}

impl Attempt {
    /// Tries it without storing anything.
    async fn try_once(&self, world: &World) -> kube::Result<()> {
        let place = world.place(&world.operator, &self.object);
        match self.verb {
            Verb::Create => {
                let dry = PostParams { dry_run: true, ..PostParams::default() };
                let object = serde_json::from_value(self.object.clone()).unwrap();
                place.create(&dry, &object).await.map(|_| ())
            }
            Verb::Merge => {
                let dry = PatchParams { dry_run: true, ..PatchParams::default() };
                place.patch(name(&self.object), &dry, &Patch::Merge(&self.object)).await.map(|_| ())
            }
            Verb::Delete => {
                let dry = DeleteParams { dry_run: true, ..DeleteParams::default() };
                place.delete(name(&self.object), &dry).await.map(|_| ())
            }
        }
    }

    /// Tries it until it is refused as it is to be: policies take effect one after the other.
    pub(crate) async fn is_refused(&self, world: &World) {
        let Refusal { policy, words, by_itself } = self.refusal;
        let is_any = policy.is_empty();
        let policy = world.installation.policy(policy);
        let expected = match is_any {
            true => format!("ValidatingAdmissionPolicy '{policy}"),
            false => format!("ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: "),
        };
        let what = format!("the refusal of {} ({:?})", self.what, self.verb);
        soon(&what, async || match self.try_once(world).await {
            Err(kube::Error::Api(status))
                if status.message.contains(&expected) && status.message.ends_with(words) =>
            {
                Ok(())
            }
            Err(kube::Error::Api(status)) if by_itself.is_some_and(|why| status.message.contains(why)) => {
                Ok(())
            }
            answer => Err(format!("{answer:?}")),
        })
        .await;
    }
}

/// One change of what the operator makes. Metadata and spec of a pod, or of the template of one, where it is about pods.
pub(crate) type Change = (&'static str, Refusal, fn(&mut Value));

/// What is made with a change, which `apply` makes.
pub(crate) fn created(change: &Change, mut object: Value, apply: impl FnOnce(&mut Value)) -> Attempt {
    apply(&mut object);
    let what = format!("{} with {}", object["kind"].as_str().unwrap(), change.0);
    Attempt { what, verb: Verb::Create, object, refusal: change.1 }
}

/// Waits for what comes soon.
pub(crate) async fn soon<T, E: Debug>(what: &str, ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    eventually(Duration::from_secs(20), what, ask).await
}
