/* SPDX-License-Identifier: Apache-2.0 */
/** @file test.h
 * The whole test framework. A test file holds cases and ends with a main() that runs them:
 *
 *     / ** @test TC_CRC_001 @verifies SWR_CRC_001 @technique bva @level unit * /
 *     static void known_values(void)
 *     {
 *         CHECK_EQ(crc32((const uint8_t *)"123456789", 9U), 0xCBF43926U);
 *     }
 *     int main(void)
 *     {
 *         TEST(TC_CRC_001, known_values);
 *         return test_result();
 *     }
 *
 * (the comment without the blanks between slash and star). The line of a case is `TC_CRC_001 PASS`
 * or `TC_CRC_001 FAIL`; a case that checked nothing fails. Which files a test is linked with stands
 * in a line ` * @link src/core/crc.c` of its first comment; without one it gets all of src/core and
 * src/arch/host.
 */
#ifndef VERIFICATION_UNIT_TEST_H
#define VERIFICATION_UNIT_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static unsigned test_checks, test_wrong, test_cases, test_bad;

/** Count one check; say where it failed. */
static inline void test_check(bool good, const char *file, int line, const char *text)
{
    test_checks++;
    if (!good) {
        test_wrong++;
        printf("  %s:%d: %s\n", file, line, text);
    }
}

/** As test_check(), for two numbers. */
static inline void test_equal(uint64_t a, uint64_t b, const char *file, int line, const char *text)
{
    test_check(a == b, file, line, text);
    if (a != b) {
        printf("    0x%llx, expected 0x%llx\n", (unsigned long long)a, (unsigned long long)b);
    }
}

/** Run one case and print its line. */
static inline void test_run(const char *id, void (*body)(void))
{
    unsigned checks = test_checks, wrong = test_wrong;

    body();
    test_cases++;
    if (test_checks == checks) {
        test_wrong++;
        printf("  %s checked nothing\n", id);
    }
    if (test_wrong != wrong) {
        test_bad++;
    }
    printf("%s %s\n", id, (test_wrong == wrong) ? "PASS" : "FAIL");
    fflush(stdout);
}

/** Exit code of the test program. */
static inline int test_result(void)
{
    printf("%u cases, %u checks, %u failed\n", test_cases, test_checks, test_bad);
    return ((test_bad == 0U) && (test_cases > 0U)) ? 0 : 1;
}

#define CHECK(condition) test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b) test_equal((uint64_t)(a), (uint64_t)(b), __FILE__, __LINE__, #a " == " #b)
#define TEST(id, body) test_run(#id, (body))
#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

#endif
