/* SPDX-License-Identifier: Apache-2.0 */
/** @file sha256.h
 * SHA-256 (FIPS 180-4) of messages of whole 32-bit words, most significant byte first. One at a time:
 * who measures holds the reconfiguration lock.
 */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stdint.h>

#define SHA256_WORDS 8U        /**< words of a digest */
#define SHA256_BLOCK_WORDS 16U /**< words of a block */
#define SHA256_ROUNDS 64U

extern uint32_t sha256_h[SHA256_WORDS];  /**< the digest, after sha256_end() */
extern uint64_t sha256_blocks;           /**< whole blocks since sha256_start() */
extern uint32_t sha256_w[SHA256_ROUNDS]; /**< message schedule of the last block */
extern uint32_t
    sha256_a[SHA256_ROUNDS + 4U]; /**< working variables a to d of its rounds, backwards */
extern uint32_t sha256_e[SHA256_ROUNDS + 4U]; /**< and e to h */
extern const uint32_t sha256_k[SHA256_ROUNDS];

#include "core/sha256.acsl"

#define SHA256_STATE sha256_h[..], sha256_blocks, sha256_w[..], sha256_a[..], sha256_e[..]

/**
 * Begin a message.
 *
 * @req SWR_SHA_001
 */
/*@ terminates \true;
    exits \false;
    assigns sha256_h[..], sha256_blocks;
    ensures SWR_SHA_001: sha_initial && sha256_blocks == 0;
*/
void sha256_start(void);

/**
 * Go on with a whole block.
 *
 * @req SWR_SHA_001
 */
/*@ requires words: \valid_read(words + (0 .. 15));
    requires apart: \separated(words + (0 .. 15), &sha256_h[0 .. 7], &sha256_blocks,
                               &sha256_w[0 .. 63], &sha256_k[0 .. 63]);
    terminates \true;
    exits \false;
    assigns SHA256_STATE;
    ensures message: \forall integer t; 0 <= t < 16 ==> sha256_w[t] == words[t];
    ensures SWR_SHA_001: sha_step{Pre, Post};
    ensures counted: \old(sha256_blocks) < 0xFFFFFFFFFFFFFFFF ==>
      sha256_blocks == \old(sha256_blocks) + 1;
*/
void sha256_block(const uint32_t words[16]);

/**
 * End the message with @p n words, less than a block, and its padding; the digest is in sha256_h.
 *
 * @req SWR_SHA_002
 */
/*@ requires size: n < 16;
    requires words: n > 0 ==> \valid_read(tail + (0 .. n - 1));
    requires apart: \separated(tail + (0 .. 15), &sha256_h[0 .. 7], &sha256_blocks,
                               &sha256_w[0 .. 63], &sha256_k[0 .. 63]);
    terminates \true;
    exits \false;
    assigns SHA256_STATE;
    ensures SWR_SHA_002: sha256_w[14] == sha_bits(\old(sha256_blocks), n) / 0x100000000 &&
      sha256_w[15] == sha_bits(\old(sha256_blocks), n) % 0x100000000;
*/
void sha256_end(const uint32_t tail[], uint32_t n);

#endif
