//! Errors of the API server in one line: their usual display repeats the whole answer.

/// What went wrong, in the API server's own words where it answered.
pub(crate) fn describe(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({} {})", status.message, status.code, status.reason),
        other => other.to_string(),
    }
}

/// Whether the namespace that it is about is being deleted, or gone already.
pub(crate) fn is_namespace_ending(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else { return false };
    let mut causes = status.details.iter().flat_map(|details| &details.causes);
    let is_gone = status.is_not_found() && status.message.starts_with("namespaces ");
    is_gone || (status.is_forbidden() && causes.any(|cause| cause.reason == "NamespaceTerminating"))
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn an_answer_is_told_once() {
        let status =
            Status { code: 500, reason: "InternalError".into(), message: "etcd".into(), ..Status::default() };
        assert_eq!(describe(&kube::Error::Api(Box::new(status))), "etcd (500 InternalError)");
    }
}
