//! The clients of a report, as tables have them. What few sessions have is there where one of their clients has it.

use crds::PathMtu;

use crate::session_report::model::ClientReport;
use crate::session_report::quantity::Quantity;

/// What stands where there is nothing.
pub(super) const NONE: &str = "-";

/// A heading, and what stands below it, in the order of the clients.
pub(super) struct Column {
    pub(super) heading: String,
    pub(super) is_number: bool,
    pub(super) cells: Vec<String>,
}

/// The columns. An exclamation mark is behind what breaches.
pub(super) fn clients(clients: &[ClientReport]) -> Vec<Column> {
    let text = |heading: &str, of: fn(&ClientReport) -> Option<String>| Column {
        heading: heading.to_owned(),
        is_number: false,
        cells: clients.iter().map(|client| of(client).unwrap_or_else(|| NONE.to_owned())).collect(),
    };
    let number = |quantity: Quantity| Column {
        heading: quantity.title().to_owned(),
        is_number: true,
        cells: clients.iter().map(|client| cell(client, quantity)).collect(),
    };
    let is_known = |column: &Column| column.cells.iter().any(|cell| cell != NONE);
    let mut columns =
        vec![text("client", |client| Some(client.id.clone())), text("node", |client| client.node.clone())];
    columns.extend(Some(text("zone", |client| client.zone.clone())).filter(is_known));
    columns.push(text("state", |client| client.state.clone()));
    columns.extend(
        [
            Quantity::ErrorP95,
            Quantity::LatencyP95,
            Quantity::Loss,
            Quantity::Undetected,
            Quantity::Delivered,
            Quantity::Freeze,
            Quantity::SetupP95,
        ]
        .map(number),
    );
    columns.extend(Some(number(Quantity::Recovery)).filter(is_known));
    columns.push(text("cause", |client| client.cause.clone()));
    let mtu = text("path MTU", |client| Some(path_mtu(client.path_mtu.as_ref()?)));
    columns.extend([mtu, text("path", |client| client.path.clone())].into_iter().filter(is_known));
    columns
}

/// A row for each client, below the headings in capitals.
pub(super) fn rows(columns: &[Column]) -> Vec<Vec<String>> {
    let headings = columns.iter().map(|column| column.heading.to_uppercase()).collect();
    std::iter::once(headings).chain(cells(columns)).collect()
}

/// A row for each client.
pub(super) fn cells(columns: &[Column]) -> impl Iterator<Item = Vec<String>> {
    let clients = columns.first().map_or(0, |column| column.cells.len());
    (0..clients).map(|client| columns.iter().map(|column| column.cells[client].clone()).collect())
}

fn cell(client: &ClientReport, quantity: Quantity) -> String {
    let measured = client.quantities.iter().find(|measured| measured.quantity == quantity);
    let Some((value, is_met)) = measured.and_then(|measured| Some((measured.value?, measured.is_met))) else {
        return NONE.to_owned();
    };
    format!("{}{}", quantity.with_unit(value), if is_met == Some(false) { " !" } else { "" })
}

/// What gets to the client and what gets back, in bytes, once where both are the same.
fn path_mtu(mtu: &PathMtu) -> String {
    let bytes = |bytes: Option<i64>| bytes.map_or_else(|| NONE.to_owned(), |bytes| bytes.to_string());
    let (to_client, to_server) = (bytes(mtu.to_client), bytes(mtu.to_server));
    let both =
        if to_client == to_server { to_client } else { format!("{to_client} to it, {to_server} back") };
    let vanishes = mtu.to_client.zip(mtu.largest_packet).is_some_and(|(mtu, packet)| packet > mtu);
    if vanishes { format!("{both} !") } else { both }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_named_where_they_differ_and_what_vanishes_is_marked() {
        for (to_client, to_server, largest_packet, text) in [
            (None, None, None, "-"),
            (Some(1450), Some(1450), Some(1264), "1450"),
            (Some(1450), None, None, "1450 to it, - back"),
            (Some(1200), Some(1500), Some(1264), "1200 to it, 1500 back !"),
            (Some(1264), Some(1264), Some(1264), "1264"),
        ] {
            assert_eq!(path_mtu(&PathMtu { to_client, to_server, largest_packet }), text);
        }
    }
}
