#include "core/ha_class.h"

/* Of sensors and numbers; units between commas, "": none. */
static const struct {
    const char *class, *units;
} measures[] = {
    { "apparent_power", "VA" },
    { "aqi", "" },
    { "atmospheric_pressure", "cbar,bar,hPa,mmHg,inHg,kPa,mbar,Pa,psi" },
    { "battery", "%" },
    { "carbon_dioxide", "ppm" },
    { "carbon_monoxide", "ppm" },
    { "current", "A,mA" },
    { "data_rate", "bit/s,kbit/s,Mbit/s,Gbit/s,B/s,kB/s,MB/s,GB/s" },
    { "data_size", "bit,kbit,Mbit,Gbit,B,kB,MB,GB,TB" },
    { "distance", "km,m,cm,mm,mi,yd,in" },
    { "duration", "d,h,min,s,ms" },
    { "energy", "J,kJ,MJ,GJ,Wh,kWh,MWh,cal,kcal" },
    { "frequency", "Hz,kHz,MHz,GHz" },
    { "gas", "m³,ft³,CCF" },
    { "humidity", "%" },
    { "illuminance", "lx" },
    { "irradiance", "W/m²" },
    { "moisture", "%" },
    { "power", "mW,W,kW,MW" },
    { "power_factor", "%" },
    { "precipitation", "cm,in,mm" },
    { "precipitation_intensity", "in/d,in/h,mm/d,mm/h" },
    { "pressure", "cbar,bar,hPa,mmHg,inHg,kPa,mbar,Pa,psi" },
    { "reactive_power", "var" },
    { "signal_strength", "dB,dBm" },
    { "sound_pressure", "dB,dBA" },
    { "speed", "ft/s,in/d,in/h,km/h,kn,m/s,mph,mm/d" },
    { "temperature", "°C,°F,K" },
    { "voltage", "V,mV" },
    { "volume", "L,mL,gal,m³,ft³,CCF" },
    { "water", "L,gal,m³,ft³,CCF" },
    { "weight", "kg,g,mg,oz,lb,st" },
    { "wind_speed", "ft/s,km/h,kn,m/s,mph" },
};

static const char *const binaries[] = {
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
    NULL,
};
static const char *const covers[] = { "awning", "blind", "curtain", "damper", "door", "garage",
                                      "gate",   "shade", "shutter", "window", NULL };
static const char *const switches[] = { "outlet", "switch", NULL };
static const char *const events[] = { "button", "doorbell", "motion", NULL };
static const char *const buttons[] = { "identify", "restart", "update", NULL };

static const struct {
    const char *component;
    const char *const *classes;
} lists[] = {
    { "binary_sensor", binaries }, { "cover", covers },   { "switch", switches },
    { "event", events },           { "button", buttons },
};

static bool has_word(const char *list, const char *word)
{
    size_t size = strlen(word);
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n == size && memcmp(list, word, size) == 0)
            return true;
        list += n + (list[n] == ',');
    }
    return size == 0;
}

const char *ha_class(const char *component, struct xpl_slice class, const char *unit)
{
    bool measure = strcmp(component, "sensor") == 0 || strcmp(component, "number") == 0;
    for (size_t i = 0; measure && i < sizeof(measures) / sizeof(*measures); i++)
        if (xpl_slice_equal(class, xpl_slice_from(measures[i].class))) {
            bool fits = *measures[i].units ? *unit && has_word(measures[i].units, unit) : !*unit;
            return fits ? measures[i].class : NULL;
        }
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        for (size_t c = 0; strcmp(component, lists[i].component) == 0 && lists[i].classes[c]; c++)
            if (xpl_slice_equal(class, xpl_slice_from(lists[i].classes[c])))
                return lists[i].classes[c];
    return NULL;
}

const char *ha_state_class(const char *class, struct xpl_slice name)
{
    static const char totals[] = "energy,gas,precipitation,volume,water";
    bool total = class ? has_word(totals, class) : xpl_slice_equal(name, XPL_SLICE("count"));
    return total ? "total_increasing" : "measurement";
}

bool ha_is_diagnostic(const char *class)
{
    return class && has_word("battery,connectivity,problem,signal_strength,tamper", class);
}
