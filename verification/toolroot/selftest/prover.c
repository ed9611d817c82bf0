/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One goal that holds and one that does not, both beyond WP's own simplifier: a prover counts only
 * if it proves the first and does not prove the second.
 */

/*@ requires 0 <= index && 0 <= low;
    requires \valid_read(table + (0 .. 9));
    requires \forall integer i; 0 <= i < 10 ==> low <= table[i] <= 1000;
    assigns \nothing;
    ensures holds: 2 * low <= 2 * \result;
 */
int lookup(const int *table, int index, int low)
{
    return table[index % 10];
}

/*@ requires 0 <= index && 0 <= low;
    requires \valid_read(table + (0 .. 9));
    requires \forall integer i; 0 <= i < 10 ==> low <= table[i] <= 1000;
    assigns \nothing;
    ensures fails: low < \result;
 */
int lookup_above(const int *table, int index, int low)
{
    return table[index % 10];
}
