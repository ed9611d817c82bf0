/* SPDX-License-Identifier: Apache-2.0 */
#include "its.h"
#include "vinj.h"
#include "core/bits.h"

#define HIGH 0x100000000U
#define PAGE 4096U
#define PAGE_NUMBERS 0x1000000000U      /* bits 47:12 of an address */
#define BASER_FIXED 0x100000000000000U  /* weight of bits 58:56, Type */
#define BASER_ENTRY 0x1000000000000U    /* weight of bits 52:48, Entry_Size */
#define BASER_KEPT 0xB8E0FFFFFFFFFFFFU  /* what root may write: neither of them, nor Indirect */
#define TYPE_DEVICES 1U
#define TYPE_COLLECTIONS 4U
#define QUIESCENT 0x80000000U
#define TYPER_PASSES 0x800F1U           /* GITS_TYPER: Physical, ITT_entry_size, PTA */
#define TYPER_OURS 0x1300018500U        /* 6 bits of EventID, 13 of DeviceID, 4 of ICID */
#define IDENTITY 0xFFD0U
#define QUEUE_OFFSET 0xFFFE0U           /* GITS_CWRITER: bits 19:5 */
#define COMMAND_BYTES 32U
#define STEPS 16U                       /* commands, or devices of one, in one access */
#define LPI_PAGE 4096U                  /* LPIs of a page of their configuration */

/* Memory that is root's in every view: named by a region of root, by none of any other party. */
/*@ predicate root_page{L}(integer p) =
      (\exists integer i; 0 <= i < BH_REGIONS_MAX && plan.regions[i].own == BH_CELL_ROOT &&
        plan.regions[i].ppn <= p && p - plan.regions[i].ppn < plan.regions[i].n) &&
      \forall integer j; 0 <= j < BH_REGIONS_MAX && j < plan.n_regions &&
        plan.regions[j].own != BH_CELL_ROOT ==>
        !(plan.regions[j].ppn <= p && p - plan.regions[j].ppn < plan.regions[j].n); */

/** Is page @p ppn in region @p i?
 * @req SWR_ITS_010 */
/*@ requires region: i < BH_REGIONS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_010: \result <==>
      plan.regions[i].ppn <= ppn && ppn - plan.regions[i].ppn < plan.regions[i].n; */
static bool in_region(uint32_t i, uint64_t ppn)
{
    return (plan.regions[i].ppn <= ppn) && ((ppn - plan.regions[i].ppn) < plan.regions[i].n);
}

/** Is page @p ppn memory that is root's whichever cells exist?
 * @req SWR_ITS_010 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_010: \result ==> root_page(ppn); */
static bool is_roots(uint64_t ppn)
{
    bool mine = false;
    bool foreign = false;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_REGIONS_MAX;
        loop invariant mine: mine ==> \exists integer k; 0 <= k < i &&
          plan.regions[k].own == BH_CELL_ROOT &&
          plan.regions[k].ppn <= ppn && ppn - plan.regions[k].ppn < plan.regions[k].n;
        loop invariant foreign: !foreign ==> \forall integer k; 0 <= k < i && k < plan.n_regions &&
          plan.regions[k].own != BH_CELL_ROOT ==>
          !(plan.regions[k].ppn <= ppn && ppn - plan.regions[k].ppn < plan.regions[k].n);
        loop assigns i, mine, foreign;
        loop variant BH_REGIONS_MAX - i; */
    while (i < BH_REGIONS_MAX) {
        if ((i < plan.n_regions) && in_region(i, ppn)) {
            if (plan.regions[i].own == BH_CELL_ROOT) {
                mine = true;
            } else {
                foreign = true;
            }
        }
        i++;
    }
    return mine && (!foreign);
}

/** Page of an address in bits 47:12 of a register.
 * @req SWR_ITS_010 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_010: \result == (value / 4096) % BH_PPN_MAX; */
static uint64_t page_in(uint64_t value)
{
    return (value / PAGE) % PAGE_NUMBERS;
}

/** Record what was refused.
 * @req SWR_ITS_008 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void refused(uint32_t cpu, uint64_t offset, uint64_t value)
{
    event_record(cpu, BH_CELL_ROOT, (uint32_t)BH_EV_ITS_REFUSED, offset, value);
}

/** Read 8 bytes of memory that is root's.
 * @req SWR_ITS_010 */
/*@ requires args: cpu < BH_CPUS_MAX && index < PAGE_WORDS && ppn < BH_PPN_MAX;
    requires SWR_ITS_010: root_page(ppn);
    terminates \true; exits \false; assigns PAGE_STATE; */
static uint64_t word_of_root(uint32_t cpu, uint64_t ppn, uint32_t index)
{
    return arch_page_word(cpu, ppn, index);
}

/** Take over the byte @p shift bits up in @p word as configuration of an LPI.
 * @req SWR_ITS_003 */
/*@ requires args: cpu < BH_CPUS_MAX && ITS_LPI_FIRST <= lpi < ITS_LPI_END;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void take_byte(uint32_t cpu, uint32_t lpi, uint32_t byte)
{
    uint32_t value = its_config_of(byte);

    its_configure(lpi, value);
    if ((byte % 0x100U) != value) {
        event_record(cpu, BH_CELL_ROOT, (uint32_t)BH_EV_PRIORITY_CLAMPED, lpi, GIC_PRIORITY_MIN);
    }
}

/** Byte @p n of a word.
 * @req SWR_ITS_003 */
/*@ requires n: n < 8;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_003: \result < 0x100; */
static uint32_t byte_of(uint64_t word, uint32_t n)
{
    uint64_t rest = word;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop assigns i, rest;
        loop variant n - i; */
    while (i < n) {
        rest = rest / 0x100U;
        i++;
    }
    return (uint32_t)(rest % 0x100U);
}

/** Copy the configuration of an LPI from root's table.
 * @req SWR_ITS_003 */
/*@ requires args: cpu < BH_CPUS_MAX && ITS_LPI_FIRST <= lpi < ITS_LPI_END;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void copy_config(uint32_t cpu, uint32_t lpi)
{
    uint32_t at = lpi - ITS_LPI_FIRST;
    uint64_t ppn = (page_in(its.propbaser) + (at / LPI_PAGE)) % PAGE_NUMBERS;

    if (is_roots(ppn)) {
        uint64_t word = word_of_root(cpu, ppn, (at % LPI_PAGE) / 8U);

        take_byte(cpu, lpi, byte_of(word, at % 8U));
    } else {
        refused(cpu, GICR_PROPBASER, its.propbaser);
    }
}

/** Copy the configuration of what a device has.
 * @req SWR_ITS_003 */
/*@ requires args: cpu < BH_CPUS_MAX && slot < ITS_DEVICES;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void copy_device(uint32_t cpu, uint32_t slot)
{
    uint32_t event = 0U;

    /*@ loop invariant bound: 0 <= event <= ITS_EVENTS;
        loop assigns event, VGITS_STATE;
        loop variant ITS_EVENTS - event; */
    while (event < ITS_EVENTS) {
        uint32_t lpi = its_map.lpi[(slot * ITS_EVENTS) + event];

        if ((lpi >= ITS_LPI_FIRST) && (lpi < ITS_LPI_END)) {
            copy_config(cpu, lpi);
        }
        event++;
    }
}

/** Give the ITS what was judged good.
 * @req SWR_ITS_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires SWR_ITS_001: its_ok(v, roots) && v.act >= ITS_SEND;
    requires slot: v.slot < ITS_DEVICES;
    requires lpi: v.act == ITS_COPY ==> ITS_LPI_FIRST <= v.lpi < ITS_LPI_END;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void obey(uint32_t cpu, struct its_verdict v, uint32_t roots)
{
    if (v.act == (uint32_t)ITS_COPY) {
        copy_config(cpu, v.lpi);
    } else if (v.act == (uint32_t)ITS_WIPE) {
        its_wipe(v.slot);
    } else {
        its.sweep = 0U;
    }
    its_send(cpu, v, roots);
}

/** The command at root's CREADR has been dealt with.
 * @req SWR_ITS_008 */
/*@ terminates \true; exits \false; assigns its; */
static void advance(void)
{
    uint64_t size = ((its.cbaser % 0x100U) + 1U) * PAGE;
    uint64_t next = (its.creadr % 0x100000U) + COMMAND_BYTES;

    its.creadr = (next < size) ? next : 0U;
}

/** Judge a command of root, and obey.
 * @req SWR_ITS_001 SWR_ITS_008 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void serve(uint32_t cpu, struct its_command c)
{
    uint32_t roots = its_roots();
    struct its_verdict v = its_judge(c, roots);

    if (v.act == (uint32_t)ITS_COPY_ALL) {
        its.sweep = ITS_DEVICES;
        its.icid = (uint32_t)(v.w2 % ITS_COLLECTIONS);
    } else if (v.act >= (uint32_t)ITS_SEND) {
        obey(cpu, v, roots);
    } else if (v.act == (uint32_t)ITS_REFUSE) {
        event_record(cpu, BH_CELL_ROOT, (uint32_t)BH_EV_ITS_COMMAND, c.w[0], c.w[2]);
    } else {
        its.sweep = 0U;
    }
    if (its.sweep == 0U) {
        advance();
    }
}

/** Read the command at root's CREADR, once.
 * @req SWR_ITS_010 */
/*@ requires cpu: cpu < BH_CPUS_MAX && ppn < BH_PPN_MAX;
    requires SWR_ITS_010: root_page(ppn);
    terminates \true; exits \false; assigns PAGE_STATE; */
static struct its_command fetch(uint32_t cpu, uint64_t ppn)
{
    uint32_t at = (uint32_t)((its.creadr % PAGE) / COMMAND_BYTES) * 4U;
    struct its_command c;

    c.w[0] = word_of_root(cpu, ppn, at);
    c.w[1] = word_of_root(cpu, ppn, at + 1U);
    c.w[2] = word_of_root(cpu, ppn, at + 2U);
    c.w[3] = word_of_root(cpu, ppn, at + 3U);
    return c;
}

/** Take one command. A queue in memory that is not root's stops.
 * @req SWR_ITS_008 SWR_ITS_010 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void take_command(uint32_t cpu)
{
    uint64_t ppn = (page_in(its.cbaser) + (its.creadr / PAGE)) % PAGE_NUMBERS;

    if (is_roots(ppn)) {
        serve(cpu, fetch(cpu, ppn));
    } else {
        its.stalled = 1U;
        refused(cpu, GITS_CBASER, its.cbaser);
    }
}

/** Copy one more device for an INVALL; after the last, the ITS is told.
 * @req SWR_ITS_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires sweep: its.sweep != 0;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void sweep_on(uint32_t cpu)
{
    its.sweep = (its.sweep - 1U) % ITS_DEVICES;
    copy_device(cpu, its.sweep);
    if (its.sweep == 0U) {
        its_send(cpu, its_invall(its.icid % ITS_COLLECTIONS), 0U);
        advance();
    }
}

/** True while root's queue has commands that may be taken.
 * @req SWR_ITS_008 */
/*@ terminates \true; exits \false; assigns \nothing; */
static bool has_work(void)
{
    return (its.enabled != 0U) && (its.stalled == 0U) && (its.cbaser >= ITS_VALID) &&
           (its.creadr != its.cwriter);
}

/** Some steps of root's queue; the rest is for later accesses.
 * @req SWR_ITS_008 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void work(uint32_t cpu)
{
    uint32_t steps = STEPS;

    /*@ loop invariant bound: 0 <= steps <= STEPS;
        loop assigns steps, VGITS_STATE;
        loop variant steps; */
    while ((steps > 0U) && has_work()) {
        if (its.sweep != 0U) {
            sweep_on(cpu);
        } else {
            take_command(cpu);
        }
        steps--;
    }
}

/** GITS_BASER as root sees it: type and size of entries are the ITS's, for tables that it serves.
 * @req SWR_ITS_008 */
/*@ requires n: n < ITS_BASERS;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t baser(uint32_t n)
{
    uint64_t found = mmio_read64((board.gits % GIC_ADDRESS) + GITS_BASER + (n * 8U));
    uint64_t type = (found / BASER_FIXED) % 8U;
    uint64_t value = 0U;

    if ((type == TYPE_DEVICES) || (type == TYPE_COLLECTIONS)) {
        uint64_t entry = (found / BASER_ENTRY) % 32U;

        value = (its.baser[n] & BASER_KEPT) | (type * BASER_FIXED) | (entry * BASER_ENTRY);
    }
    return value;
}

/** Two registers of 4 bytes.
 * @req SWR_ITS_008 */
/*@ requires off: off < 0x10000;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t two_words(uint32_t off)
{
    uint64_t at = (board.gits % GIC_ADDRESS) + off;
    uint64_t high = mmio_read32(at + 4U);

    return mmio_read32(at) + (high * HIGH);
}

/** GITS_CTLR and GITS_IIDR.
 * @req SWR_ITS_008 */
/*@ terminates \true; exits \false; assigns \nothing; */
static uint64_t head(void)
{
    uint64_t identity = (two_words(GITS_CTLR) / HIGH) * HIGH;

    return ((its.enabled != 0U) ? GITS_CTLR_ENABLED : QUIESCENT) + identity;
}

/** A register of 8 bytes as root sees it.
 * @req SWR_ITS_008 */
/*@ requires off: off < 0x10000 && off % 8 == 0;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t shown(uint32_t off)
{
    uint64_t value = 0U;

    if ((off >= GITS_BASER) && (off < GITS_BASER_END)) {
        value = baser((off - GITS_BASER) / 8U);
    } else if (off >= IDENTITY) {
        value = two_words(off);
    } else {
        switch (off) {
        case GITS_CTLR:
            value = head();
            break;
        case GITS_TYPER:
            value = (mmio_read64((board.gits % GIC_ADDRESS) + off) & TYPER_PASSES) | TYPER_OURS;
            break;
        case GITS_CBASER:
            value = its.cbaser;
            break;
        case GITS_CWRITER:
            value = its.cwriter;
            break;
        case GITS_CREADR:
            value = its.creadr | its.stalled;
            break;
        default:
            value = 0U;
            break;
        }
    }
    return value;
}

uint64_t vgits_part(struct access acc, uint64_t whole)
{
    uint64_t half = ((acc.offset % 8U) == 0U) ? (whole % HIGH) : (whole / HIGH);

    return (acc.size == 8U) ? whole : half;
}

uint64_t vgits_written(struct access acc, uint64_t old)
{
    uint64_t half = acc.value % HIGH;
    uint64_t whole =
        ((acc.offset % 8U) == 0U) ? (((old / HIGH) * HIGH) + half) : ((half * HIGH) + (old % HIGH));

    return (acc.size == 8U) ? acc.value : whole;
}

void vgits_check_place(struct access acc, uint64_t value)
{
    if (!is_roots(page_in(value))) {
        refused(acc.cpu, acc.offset, value);
    }
}

/** Keep where root says that its queue or a table is.
 * @req SWR_ITS_008 */
/*@ requires off: off < 0x10000;
    terminates \true; exits \false; assigns its; */
static void keep_place(uint32_t off, uint64_t value)
{
    if (off == GITS_CBASER) {
        its.cbaser = value;
        its.creadr = 0U;
        its.stalled = 0U;
        its.sweep = 0U;
    } else {
        its.baser[(off / 8U) % ITS_BASERS] = value;
    }
}

/** Queue and tables, which stand still while the ITS is enabled.
 * @req SWR_ITS_008 */
/*@ requires access: access_ok(acc) && off < 0x10000 && off % 8 == 0;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void set_place(struct access acc, uint32_t off)
{
    uint64_t value = vgits_written(acc, shown(off));

    if (its.enabled != 0U) {
        refused(acc.cpu, acc.offset, acc.value);
    } else {
        if (value >= ITS_VALID) {
            vgits_check_place(acc, value);
        }
        keep_place(off, value);
    }
}

/** GITS_CWRITER: new commands, and Retry.
 * @req SWR_ITS_008 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
static void set_writer(struct access acc)
{
    uint64_t value = vgits_written(acc, its.cwriter);

    if ((value & QUEUE_OFFSET) < (((its.cbaser % 0x100U) + 1U) * PAGE)) {
        its.cwriter = value & QUEUE_OFFSET;
        if ((value % 2U) == 1U) {
            its.stalled = 0U;
        }
    } else {
        refused(acc.cpu, acc.offset, acc.value);
    }
}

/** A write; who made it may be a target from here on.
 * @req SWR_ITS_008 */
/*@ requires access: access_ok(acc) && acc.offset < 0x10000;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void write_held(struct access acc)
{
    uint32_t off = acc.offset - (acc.offset % 8U);

    its.present = bit_any(its.present, bit_of(acc.cpu));
    if ((off == GITS_CBASER) || ((off >= GITS_BASER) && (off < GITS_BASER_END))) {
        set_place(acc, off);
    } else if (off == GITS_CWRITER) {
        set_writer(acc);
    } else if (acc.offset == GITS_CTLR) {
        its.enabled = ((acc.value % 2U) != 0U) ? 1U : 0U;
    } else {
        refused(acc.cpu, acc.offset, acc.value);
    }
}

/** What an access does with the ITS at hand.
 * @req SWR_ITS_005 SWR_ITS_008 */
/*@ requires access: access_ok(acc) && acc.offset < 0x10000;
    terminates \true; exits \false; assigns VGITS_STATE; */
static void act(struct access acc)
{
    if (acc.write) {
        write_held(acc);
    }
    work(acc.cpu);
}

/** An access to the control frame while the kernel holds the ITS.
 * @req SWR_ITS_005 SWR_ITS_008 */
/*@ requires access: access_ok(acc) && acc.offset < 0x10000;
    terminates \true; exits \false; assigns VGITS_STATE; */
static uint64_t held(struct access acc)
{
    uint32_t off = acc.offset - (acc.offset % 8U);
    bool steps = acc.write || (off == GITS_CREADR);
    uint64_t read = 0U;

    if (steps && its_taken(acc.cpu)) {
        act(acc);
        its_released();
    } else if (acc.write) {
        refused(acc.cpu, acc.offset, acc.value);
    } else {
        read = 0U;
    }
    if (!acc.write) {
        read = vgits_part(acc, shown(off));
    }
    return read;
}

/** An access while the ITS is as Linux set it up.
 * @req SWR_ITS_008 */
/*@ requires access: access_ok(acc) && acc.offset < 0x10000 && (acc.size == 4 || acc.size == 8);
    terminates \true; exits \false; assigns hw; */
static uint64_t pass(struct access acc)
{
    uint64_t address = (board.gits % GIC_ADDRESS) + acc.offset;
    uint64_t read = 0U;

    if (!acc.write) {
        read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);
    } else if (acc.size == 8U) {
        mmio_write64(address, acc.value);
    } else {
        mmio_write32(address, (uint32_t)(acc.value % HIGH));
    }
    return read;
}

uint64_t vgits_access(struct access acc)
{
    bool control = acc.offset < 0x10000U;
    bool natural = ((acc.size == 4U) || (acc.size == 8U)) && ((acc.offset % acc.size) == 0U);
    uint64_t read = 0U;

    if ((!control) || (!natural) || (its.mode == (uint32_t)ITS_OFF)) {
        if (acc.write) {
            refused(acc.cpu, acc.offset, acc.value);
        }
    } else if (its.mode == (uint32_t)ITS_HELD) {
        read = held(acc);
    } else {
        read = pass(acc);
    }
    return read;
}
