//! Lists of any length, page by page, up to a bound.

use std::fmt::Debug;

use anyhow::{Result, bail};
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::{Api, ListParams, ObjectList};
use serde::de::DeserializeOwned;

use crate::cluster::connect::Cluster;
use crate::cluster::error::within;

/// So many objects of a kind at once, and so many times.
const PAGE: u32 = 500;
const PAGES: usize = 40;

/// What was read of a list.
pub(crate) struct Listed<K> {
    pub(crate) items: Vec<K>,
    /// Why it is not all of it, if so.
    pub(crate) cut: Option<String>,
}

impl<K> Listed<K> {
    /// The items, if they are all there are.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn whole(self) -> Result<Vec<K>> {
        self.cut.map_or(Ok(self.items), |why| bail!("only the first of them can be listed: {why}"))
    }
}

/// All of a kind that have the labels.
///
/// # Errors
/// Where none can be read. What is refused after the first page cuts the list.
pub(crate) async fn listed<K>(api: &Api<K>, selector: &str) -> Result<Listed<K>>
where
    K: Clone + DeserializeOwned + Debug,
{
    all(selector, async |params| within(api.list(&params)).await).await
}

/// The same in the cluster's namespace.
///
/// # Errors
/// As of all.
pub(crate) async fn of_namespace<K>(cluster: &Cluster, selector: &str) -> Result<Listed<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
{
    listed(&Api::namespaced(cluster.client.clone(), &cluster.namespace), selector).await
}

/// The same, of what `page` reads.
pub(super) async fn all<K: Clone>(
    selector: &str,
    page: impl AsyncFn(ListParams) -> Result<ObjectList<K>>,
) -> Result<Listed<K>> {
    let first = ListParams::default().labels(selector).limit(PAGE);
    let mut list = page(first.clone()).await?;
    let mut items = std::mem::take(&mut list.items);
    for _ in 1..PAGES {
        let Some(token) = token(&list) else { return Ok(Listed { items, cut: None }) };
        list = match page(first.clone().continue_token(&token)).await {
            Ok(list) => list,
            Err(error) => return Ok(Listed { items, cut: Some(format!("{error:#}")) }),
        };
        items.append(&mut list.items);
    }
    let cut = token(&list).map(|_| "there are more".to_owned());
    Ok(Listed { items, cut })
}

/// Where the next page begins.
fn token<K: Clone>(list: &ObjectList<K>) -> Option<String> {
    list.metadata.continue_.clone().filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::bail;
    use serde_json::json;

    use super::*;

    /// Of `pages` pages with an object each, of which that with the number `broken` is refused.
    async fn read(pages: usize, broken: usize) -> Result<Listed<usize>> {
        let asked = Cell::new(0);
        all("a=b", async |params: ListParams| {
            let number = asked.replace(asked.get() + 1);
            let expected = (number > 0).then(|| number.to_string());
            assert_eq!((params.continue_token, params.label_selector.as_deref()), (expected, Some("a=b")));
            if number == broken {
                bail!("the token has expired");
            }
            let token = if number + 1 < pages { (number + 1).to_string() } else { String::new() };
            Ok(serde_json::from_value(json!({
                "apiVersion": "v1", "kind": "List", "metadata": {"continue": token}, "items": [number]
            }))?)
        })
        .await
    }

    #[tokio::test]
    async fn pages_follow_each_other_to_the_end_or_the_bound() {
        let all = read(3, 9).await.unwrap();
        assert_eq!((all.items, all.cut), (vec![0, 1, 2], None));
        let most = read(PAGES, PAGES).await.unwrap();
        assert_eq!((most.items.len(), most.cut), (PAGES, None));
        let more = read(PAGES + 1, PAGES + 1).await.unwrap();
        assert_eq!((more.items.len(), more.cut.as_deref()), (PAGES, Some("there are more")));
    }

    #[tokio::test]
    async fn what_was_read_before_a_refusal_stays() {
        assert!(read(3, 0).await.is_err());
        let part = read(3, 2).await.unwrap();
        assert_eq!((part.items, part.cut.as_deref()), (vec![0, 1], Some("the token has expired")));
    }
}
