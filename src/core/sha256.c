/* SPDX-License-Identifier: Apache-2.0 */
/** @file sha256.c
 * SHA-256. All sums are modulo 2^32, which is what unsigned arithmetic does; therefore this file is
 * proved without the check for wraparound.
 */
#include "core/sha256.h"

/* FIPS 180-4, 4.2.2. */
const uint32_t sha256_k[SHA256_ROUNDS] = {
    0x428A2F98U, 0x71374491U, 0xB5C0FBCFU, 0xE9B5DBA5U, 0x3956C25BU, 0x59F111F1U, 0x923F82A4U,
    0xAB1C5ED5U, 0xD807AA98U, 0x12835B01U, 0x243185BEU, 0x550C7DC3U, 0x72BE5D74U, 0x80DEB1FEU,
    0x9BDC06A7U, 0xC19BF174U, 0xE49B69C1U, 0xEFBE4786U, 0x0FC19DC6U, 0x240CA1CCU, 0x2DE92C6FU,
    0x4A7484AAU, 0x5CB0A9DCU, 0x76F988DAU, 0x983E5152U, 0xA831C66DU, 0xB00327C8U, 0xBF597FC7U,
    0xC6E00BF3U, 0xD5A79147U, 0x06CA6351U, 0x14292967U, 0x27B70A85U, 0x2E1B2138U, 0x4D2C6DFCU,
    0x53380D13U, 0x650A7354U, 0x766A0ABBU, 0x81C2C92EU, 0x92722C85U, 0xA2BFE8A1U, 0xA81A664BU,
    0xC24B8B70U, 0xC76C51A3U, 0xD192E819U, 0xD6990624U, 0xF40E3585U, 0x106AA070U, 0x19A4C116U,
    0x1E376C08U, 0x2748774CU, 0x34B0BCB5U, 0x391C0CB3U, 0x4ED8AA4AU, 0x5B9CCA4FU, 0x682E6FF3U,
    0x748F82EEU, 0x78A5636FU, 0x84C87814U, 0x8CC70208U, 0x90BEFFFAU, 0xA4506CEBU, 0xBEF9A3F7U,
    0xC67178F2U,
};

uint32_t sha256_h[SHA256_WORDS];
uint64_t sha256_blocks;
uint32_t sha256_w[SHA256_ROUNDS];

uint32_t sha256_a[SHA256_ROUNDS + 4U];
uint32_t sha256_e[SHA256_ROUNDS + 4U];

/* The functions of FIPS 180-4, 4.1.2. */

/** Capital sigma 0.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_big0(x); */
static inline uint32_t big0(uint32_t x)
{
    return ((x >> 2) | (x << 30)) ^ ((x >> 13) | (x << 19)) ^ ((x >> 22) | (x << 10));
}

/** Capital sigma 1.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_big1(x); */
static inline uint32_t big1(uint32_t x)
{
    return ((x >> 6) | (x << 26)) ^ ((x >> 11) | (x << 21)) ^ ((x >> 25) | (x << 7));
}

/** Sigma 0.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_small0(x); */
static inline uint32_t small0(uint32_t x)
{
    return ((x >> 7) | (x << 25)) ^ ((x >> 18) | (x << 14)) ^ (x >> 3);
}

/** Sigma 1.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_small1(x); */
static inline uint32_t small1(uint32_t x)
{
    return ((x >> 17) | (x << 15)) ^ ((x >> 19) | (x << 13)) ^ (x >> 10);
}

/** Exclusive or, by a name.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_xor(x, y); */
static inline uint32_t xor2(uint32_t x, uint32_t y)
{
    return x ^ y;
}

/** And, by a name.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_and(x, y); */
static inline uint32_t and2(uint32_t x, uint32_t y)
{
    return x & y;
}

/** Choice.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_ch(x, y, z); */
static inline uint32_t ch(uint32_t x, uint32_t y, uint32_t z)
{
    return xor2(and2(xor2(y, z), x), z);
}

/** Majority, in a form that shares x ^ y with the round before.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_maj(x, y, z); */
static inline uint32_t maj(uint32_t x, uint32_t y, uint32_t z)
{
    return xor2(and2(xor2(x, y), xor2(y, z)), y);
}

/** T1 of a round (6.2.2).
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_t1(e, f, g, h, kw); */
static inline uint32_t temp1(uint32_t e, uint32_t f, uint32_t g, uint32_t h, uint32_t kw)
{
    return ((h + kw) + ch(e, f, g)) + big1(e);
}

/** T2 of a round.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SHA_001: \result == sha_t2(a, b, c); */
static inline uint32_t temp2(uint32_t a, uint32_t b, uint32_t c)
{
    return maj(a, b, c) + big0(a);
}

/** Word t of the message schedule.
 * @req SWR_SHA_001 */
/*@ requires place: 16 <= t < 64;
    requires before: sha_schedule(t);
    terminates \true;
    exits \false;
    assigns sha256_w[t];
    ensures word: sha_word(t);
    ensures SWR_SHA_001: sha_schedule(t + 1); */
static inline void word(uint32_t t)
{
    sha256_w[t] = ((sha256_w[t - 16U] + small0(sha256_w[t - 15U])) + sha256_w[t - 7U]) +
                  small1(sha256_w[t - 2U]);
    //@ assert word: sha_word(t);
    //@ assert same: \forall integer u; 0 <= u < t ==> sha256_w[u] == \at(sha256_w[u], Pre);
    //@ assert kept: \forall integer u; 16 <= u < t && \at(sha_word(u), Pre) ==> sha_word(u);
}

/** Words 16 to 63, eight in a turn: the compiler then keeps the last ones in registers.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns sha256_w[16 .. 63];
    ensures SWR_SHA_001: sha_schedule(64); */
static void schedule(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 6;
        loop invariant so_far: sha_schedule(16 + 8 * i);
        loop assigns i, sha256_w[16 .. 63];
        loop variant 6 - i; */
    while (i < 6U) {
        uint32_t t = SHA256_BLOCK_WORDS + (8U * i);

        word(t);
        word(t + 1U);
        word(t + 2U);
        word(t + 3U);
        word(t + 4U);
        word(t + 5U);
        word(t + 6U);
        word(t + 7U);
        i++;
    }
}

/** Round t.
 * @req SWR_SHA_001 */
/*@ requires place: t < 64;
    terminates \true;
    exits \false;
    assigns sha256_a[t + 4], sha256_e[t + 4]; */
static inline void one_round(uint32_t t)
{
    uint32_t t1 = temp1(sha256_e[t + 3U], sha256_e[t + 2U], sha256_e[t + 1U], sha256_e[t],
                        sha256_k[t] + sha256_w[t]);
    uint32_t t2 = temp2(sha256_a[t + 3U], sha256_a[t + 2U], sha256_a[t + 1U]);

    sha256_e[t + 4U] = sha256_a[t] + t1;
    sha256_a[t + 4U] = t1 + t2;
}

/** All rounds, four in a turn: the compiler then keeps the working variables in registers.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns sha256_a[4 .. 67], sha256_e[4 .. 67]; */
static void all_rounds(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 16;
        loop assigns i, sha256_a[4 .. 67], sha256_e[4 .. 67];
        loop variant 16 - i; */
    while (i < 16U) {
        uint32_t t = 4U * i;

        one_round(t);
        one_round(t + 1U);
        one_round(t + 2U);
        one_round(t + 3U);
        i++;
    }
}

/** The first working variables are the digest so far.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns sha256_a[0 .. 3], sha256_e[0 .. 3];
    ensures SWR_SHA_001: sha_enter{Pre, Post}; */
static void enter(void)
{
    uint32_t j = 0U;

    /*@ loop invariant bound: 0 <= j <= 4;
        loop invariant so_far: \forall integer i; 0 <= i < j ==>
          sha256_a[3 - i] == sha256_h[i] && sha256_e[3 - i] == sha256_h[i + 4];
        loop assigns j, sha256_a[0 .. 3], sha256_e[0 .. 3];
        loop variant 4 - j; */
    while (j < 4U) {
        sha256_a[3U - j] = sha256_h[j];
        sha256_e[3U - j] = sha256_h[j + 4U];
        j++;
    }
}

/** The last working variables are added to the digest.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns sha256_h[..];
    ensures SWR_SHA_001: sha_leave{Pre, Post}; */
static void leave(void)
{
    uint32_t j = 0U;

    /*@ loop invariant bound: 0 <= j <= 4;
        loop invariant so_far: \forall integer i; 0 <= i < j ==> sha_left{Pre, Here}(i);
        loop invariant rest: \forall integer i; j <= i < 4 ==>
          sha256_h[i] == \at(sha256_h[i], Pre) && sha256_h[i + 4] == \at(sha256_h[i + 4], Pre);
        loop assigns j, sha256_h[..];
        loop variant 4 - j; */
    while (j < 4U) {
        sha256_h[j] = sha256_h[j] + sha256_a[67U - j];
        sha256_h[j + 4U] = sha256_h[j + 4U] + sha256_e[67U - j];
        j++;
    }
}

/** The block in the first 16 words of the schedule.
 * @req SWR_SHA_001 */
/*@ terminates \true;
    exits \false;
    assigns SHA256_STATE;
    ensures message: \forall integer t; 0 <= t < 16 ==> sha256_w[t] == \old(sha256_w[t]);
    ensures SWR_SHA_001: sha_step{Pre, Post};
    ensures same: sha256_blocks == \old(sha256_blocks); */
static void digest_block(void)
{
    schedule();
    enter();
    all_rounds();
    leave();
}

void sha256_start(void)
{
    sha256_h[0] = 0x6A09E667U;
    sha256_h[1] = 0xBB67AE85U;
    sha256_h[2] = 0x3C6EF372U;
    sha256_h[3] = 0xA54FF53AU;
    sha256_h[4] = 0x510E527FU;
    sha256_h[5] = 0x9B05688CU;
    sha256_h[6] = 0x1F83D9ABU;
    sha256_h[7] = 0x5BE0CD19U;
    sha256_blocks = 0U;
}

/** Words of a message into the schedule, then 0x80000000 and zeros where it ends within the block.
 * @req SWR_SHA_002 */
/*@ requires size: n <= 16;
    requires words: n > 0 ==> \valid_read(words + (0 .. n - 1));
    requires apart: \separated(words + (0 .. 15), &sha256_w[0 .. 63]);
    terminates \true;
    exits \false;
    assigns sha256_w[0 .. 15];
    ensures SWR_SHA_002: sha_padded{Post}(words, n); */
static void take(const uint32_t words[], uint32_t n)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 16;
        loop invariant so_far: \forall integer t; 0 <= t < i ==> sha_padded_word(words, n, t);
        loop assigns i, sha256_w[0 .. 15];
        loop variant 16 - i; */
    while (i < SHA256_BLOCK_WORDS) {
        if (i < n) {
            sha256_w[i] = words[i];
        } else {
            sha256_w[i] = (i == n) ? 0x80000000U : 0U;
        }
        i++;
    }
}

void sha256_block(const uint32_t words[16])
{
    take(words, SHA256_BLOCK_WORDS);
    digest_block();
    sha256_blocks++;
}

/** The second half of a padding which has no room for the length behind the message.
 * @req SWR_SHA_002 */
/*@ terminates \true;
    exits \false;
    assigns sha256_w[0 .. 15];
    ensures SWR_SHA_002: \forall integer t; 0 <= t < 16 ==> sha256_w[t] == 0; */
static void blank(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 16;
        loop invariant so_far: \forall integer t; 0 <= t < i ==> sha256_w[t] == 0;
        loop assigns i, sha256_w[0 .. 15];
        loop variant 16 - i; */
    while (i < SHA256_BLOCK_WORDS) {
        sha256_w[i] = 0U;
        i++;
    }
}

void sha256_end(const uint32_t tail[], uint32_t n)
{
    uint64_t bits = ((sha256_blocks * 16U) + n) * 32U;

    take(tail, n);
    if (n > 13U) {
        digest_block();
        blank();
    }
    sha256_w[14] = (uint32_t)(bits / 0x100000000U);
    sha256_w[15] = (uint32_t)(bits % 0x100000000U);
    digest_block();
}
