use super::*;

fn page(capacity: usize, live: usize) -> PageStats {
    PageStats { capacity, live, high_water: live + 1, retired: 1, bytes: 128 + 16 * (live + 1) }
}

#[test]
fn numbers_are_grouped_by_three_digits() {
    let printed = [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, 70_368_744].map(grouped);
    assert_eq!(printed, ["0", "7", "999", "1,000", "12,345", "999,999", "1,000,000", "70,368,744"]);
}

#[test]
fn totals_are_sums() {
    let shards = vec![
        ShardStats { number: 0, pages: vec![page(32, 1)] },
        ShardStats { number: 2, pages: vec![page(32, 30), page(64, 5)] },
    ];
    let stats = Stats { shards };
    let all = PageStats { capacity: 128, live: 36, high_water: 39, retired: 3, bytes: 3 * 128 + 16 * 39 };
    assert_eq!(stats.total(), all);
    assert_eq!(stats.shards()[1].total().capacity, 96);
    assert_eq!(Stats::default().total(), PageStats::default());
}

#[test]
fn printed_it_is_a_table() {
    let shards = vec![
        ShardStats { number: 0, pages: vec![page(32, 1)] },
        ShardStats { number: 1_200, pages: vec![page(32, 30), page(64_000, 5)] },
    ];
    let expected = [
        "   shard  page  capacity  live  high water  retired  bytes",
        "overflow     0        32     1           2        1    160",
        "   1,200     0        32    30          31        1    624",
        "   1,200     1    64,000     5           6        1    224",
        "     all          64,064    36          39        3  1,008",
    ];
    assert_eq!(Stats { shards }.to_string(), expected.join("\n"));
}

#[test]
fn nothing_is_a_table_of_zeros() {
    let expected = [
        "shard  page  capacity  live  high water  retired  bytes",
        "  all               0     0           0        0      0",
    ];
    assert_eq!(Stats::default().to_string(), expected.join("\n"));
}
