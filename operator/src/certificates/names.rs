//! What the operator's certificate has to be for.

use http::Uri;

/// The Service's name in the cluster, and the host that pods are given where that is another one.
pub fn names(service: &str, namespace: &str, report_url: &str) -> Vec<String> {
    let mut names = vec![format!("{service}.{namespace}.svc")];
    let url = report_url.parse::<Uri>().ok();
    let host = url.as_ref().and_then(Uri::host).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if !host.is_empty() && !names.contains(&host) {
        names.push(host);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_in_the_url_is_one_of_them() {
        let of = |url| names("ballsession-operator", "tower", url);
        let service = "ballsession-operator.tower.svc";
        assert_eq!(of("https://ballsession-operator.tower.svc:8443/v1/reports"), [service]);
        assert_eq!(of("https://Reports.example/v1/reports"), [service, "reports.example"]);
        assert_eq!(of("https://[fd00::7]:8443/"), [service, "fd00::7"]);
        assert_eq!(of("no url"), [service]);
    }
}
