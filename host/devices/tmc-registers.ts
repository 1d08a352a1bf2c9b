// thread: any
import type { Registers } from "./tmc-fields.js";

// Registers by the data sheets of Analog Devices (Trinamic), field names in lower case.

const IHOLD_IRUN = {
  address: 0x10,
  fields: { ihold: [0, 5], irun: [8, 5], iholddelay: [16, 4] },
} as const;
const TPOWERDOWN = { address: 0x11, fields: { tpowerdown: [0, 8] } } as const;
const TSTEP = { address: 0x12, fields: { tstep: [0, 20] } } as const;
const TPWMTHRS = { address: 0x13, fields: { tpwmthrs: [0, 20] } } as const;
const TCOOLTHRS = { address: 0x14, fields: { tcoolthrs: [0, 20] } } as const;
const THIGH = { address: 0x15, fields: { thigh: [0, 20] } } as const;
const MSCNT = { address: 0x6a, fields: { mscnt: [0, 10] } } as const;
const MSCURACT = { address: 0x6b, fields: { cur_a: [0, 9, "signed"], cur_b: [16, 9, "signed"] } } as const;
const GSTAT = { address: 0x01, fields: { reset: [0, 1], drv_err: [1, 1], uv_cp: [2, 1] } } as const;
const IFCNT = { address: 0x02, fields: { ifcnt: [0, 8] } } as const;
const PWM_SCALE = { address: 0x71, fields: { pwm_scale_sum: [0, 8], pwm_scale_auto: [16, 9, "signed"] } } as const;
const PWM_AUTO = { address: 0x72, fields: { pwm_ofs_auto: [0, 8], pwm_grad_auto: [16, 8] } } as const;
const LOST_STEPS = { address: 0x73, fields: { lost_steps: [0, 20] } } as const;

const PWMCONF = {
  address: 0x70,
  fields: {
    pwm_ofs: [0, 8],
    pwm_grad: [8, 8],
    pwm_freq: [16, 2],
    pwm_autoscale: [18, 1],
    pwm_autograd: [19, 1],
    freewheel: [20, 2],
    pwm_reg: [24, 4],
    pwm_lim: [28, 4],
  },
} as const;

const SEMIN = { semin: [0, 4], seup: [5, 2], semax: [8, 4], sedn: [13, 2], seimin: [15, 1] } as const;
const COOLCONF_SPI = { address: 0x6d, fields: { ...SEMIN, sgt: [16, 7, "signed"], sfilt: [24, 1] } } as const;

const CHOP_START = { toff: [0, 4], hstrt: [4, 3], hend: [7, 4] } as const;
const CHOP_END = { mres: [24, 4], intpol: [28, 1], dedge: [29, 1], diss2g: [30, 1] } as const;
const CHOPCONF_2208 = {
  address: 0x6c,
  fields: { ...CHOP_START, tbl: [15, 2], vsense: [17, 1], ...CHOP_END, diss2vs: [31, 1] },
} as const;
const CHOPCONF_5160 = {
  address: 0x6c,
  fields: {
    ...CHOP_START,
    fd3: [11, 1],
    disfdcc: [12, 1],
    chm: [14, 1],
    tbl: [15, 2],
    vhighfs: [18, 1],
    vhighchm: [19, 1],
    tpfd: [20, 4],
    ...CHOP_END,
    diss2vs: [31, 1],
  },
} as const;

const DRV_STATUS_2208 = {
  address: 0x6f,
  fields: {
    otpw: [0, 1],
    ot: [1, 1],
    s2ga: [2, 1],
    s2gb: [3, 1],
    s2vsa: [4, 1],
    s2vsb: [5, 1],
    ola: [6, 1],
    olb: [7, 1],
    t120: [8, 1],
    t143: [9, 1],
    t150: [10, 1],
    t157: [11, 1],
    cs_actual: [16, 5],
    stealth: [30, 1],
    stst: [31, 1],
  },
} as const;
const STATUS_END = {
  fsactive: [15, 1],
  cs_actual: [16, 5],
  stallguard: [24, 1],
  ot: [25, 1],
  otpw: [26, 1],
  s2ga: [27, 1],
  s2gb: [28, 1],
  ola: [29, 1],
  olb: [30, 1],
  stst: [31, 1],
} as const;
const DRV_STATUS_2130 = { address: 0x6f, fields: { sg_result: [0, 10], ...STATUS_END } } as const;
const DRV_STATUS_5160 = {
  address: 0x6f,
  fields: { sg_result: [0, 10], s2vsa: [12, 1], s2vsb: [13, 1], stealth: [14, 1], ...STATUS_END },
} as const;

const MSLUT: Registers = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [`MSLUT${i}`, { address: 0x60 + i, fields: { [`mslut${i}`]: [0, 32] } }]),
);
const MSLUTSEL = {
  address: 0x68,
  fields: { w0: [0, 2], w1: [2, 2], w2: [4, 2], w3: [6, 2], x1: [8, 8], x2: [16, 8], x3: [24, 8] },
} as const;
const START_SIN = { start_sin: [0, 8], start_sin90: [16, 8] } as const;

const GCONF_2208 = {
  address: 0x00,
  fields: {
    i_scale_analog: [0, 1],
    internal_rsense: [1, 1],
    en_spreadcycle: [2, 1],
    shaft: [3, 1],
    index_otpw: [4, 1],
    index_step: [5, 1],
    pdn_disable: [6, 1],
    mstep_reg_select: [7, 1],
    multistep_filt: [8, 1],
    test_mode: [9, 1],
  },
} as const;
const DIAGNOSIS = {
  shaft: [4, 1],
  diag0_error: [5, 1],
  diag0_otpw: [6, 1],
  diag0_stall: [7, 1],
  diag1_stall: [8, 1],
  diag1_index: [9, 1],
  diag1_onstate: [10, 1],
} as const;

/** TMC2208 and TMC2224. */
export const TMC2208_REGISTERS: Registers = {
  GCONF: GCONF_2208,
  GSTAT,
  IFCNT,
  SLAVECONF: { address: 0x03, fields: { senddelay: [8, 4] } },
  OTP_READ: {
    address: 0x05,
    fields: { otp_fclktrim: [0, 5], otp_ottrim: [5, 1], otp_internalrsense: [6, 1], otp_tbl: [7, 1] },
  },
  IOIN: {
    address: 0x06,
    fields: {
      enn: [0, 1],
      ms1: [2, 1],
      ms2: [3, 1],
      diag: [4, 1],
      pdn_uart: [6, 1],
      step: [7, 1],
      dir: [9, 1],
      version: [24, 8],
    },
  },
  FACTORY_CONF: { address: 0x07, fields: { fclktrim: [0, 5], ottrim: [8, 2] } },
  IHOLD_IRUN,
  TPOWERDOWN,
  TSTEP,
  TPWMTHRS,
  VACTUAL: { address: 0x22, fields: { vactual: [0, 24, "signed"] } },
  MSCNT,
  MSCURACT,
  CHOPCONF: CHOPCONF_2208,
  DRV_STATUS: DRV_STATUS_2208,
  PWMCONF,
  PWM_SCALE,
  PWM_AUTO,
};

/** TMC2209 and TMC2226. */
export const TMC2209_REGISTERS: Registers = {
  ...TMC2208_REGISTERS,
  TCOOLTHRS,
  SGTHRS: { address: 0x40, fields: { sgthrs: [0, 8] } },
  SG_RESULT: { address: 0x41, fields: { sg_result: [0, 10] } },
  COOLCONF: { address: 0x42, fields: SEMIN },
};

/** TMC2130. */
export const TMC2130_REGISTERS: Registers = {
  GCONF: {
    address: 0x00,
    fields: {
      i_scale_analog: [0, 1],
      internal_rsense: [1, 1],
      en_pwm_mode: [2, 1],
      enc_commutation: [3, 1],
      ...DIAGNOSIS,
      diag1_steps_skipped: [11, 1],
      diag0_int_pushpull: [12, 1],
      diag1_pushpull: [13, 1],
      small_hysteresis: [14, 1],
      stop_enable: [15, 1],
      direct_mode: [16, 1],
      test_mode: [17, 1],
    },
  },
  GSTAT,
  IOIN: {
    address: 0x04,
    fields: {
      step: [0, 1],
      dir: [1, 1],
      dcen_cfg4: [2, 1],
      dcin_cfg5: [3, 1],
      drv_enn_cfg6: [4, 1],
      dco: [5, 1],
      version: [24, 8],
    },
  },
  IHOLD_IRUN,
  TPOWERDOWN,
  TSTEP,
  TPWMTHRS,
  TCOOLTHRS,
  THIGH,
  ...MSLUT,
  MSLUTSEL,
  MSLUTSTART: { address: 0x69, fields: START_SIN },
  MSCNT,
  MSCURACT,
  CHOPCONF: {
    address: 0x6c,
    fields: {
      ...CHOP_START,
      fd3: [11, 1],
      disfdcc: [12, 1],
      rndtf: [13, 1],
      chm: [14, 1],
      tbl: [15, 2],
      vsense: [17, 1],
      vhighfs: [18, 1],
      vhighchm: [19, 1],
      sync: [20, 4],
      ...CHOP_END,
    },
  },
  COOLCONF: COOLCONF_SPI,
  DRV_STATUS: DRV_STATUS_2130,
  PWMCONF: {
    address: 0x70,
    fields: {
      pwm_ampl: [0, 8],
      pwm_grad: [8, 8],
      pwm_freq: [16, 2],
      pwm_autoscale: [18, 1],
      pwm_symmetric: [19, 1],
      freewheel: [20, 2],
    },
  },
  PWM_SCALE: { address: 0x71, fields: { pwm_scale: [0, 8] } },
  LOST_STEPS,
};

/** TMC5160 and TMC5161. */
export const TMC5160_REGISTERS: Registers = {
  GCONF: {
    address: 0x00,
    fields: {
      recalibrate: [0, 1],
      faststandstill: [1, 1],
      en_pwm_mode: [2, 1],
      multistep_filt: [3, 1],
      ...DIAGNOSIS,
      diag1_steps_skipped: [11, 1],
      diag0_int_pushpull: [12, 1],
      diag1_poscomp_pushpull: [13, 1],
      small_hysteresis: [14, 1],
      stop_enable: [15, 1],
      direct_mode: [16, 1],
      test_mode: [17, 1],
    },
  },
  GSTAT,
  IFCNT,
  IOIN: {
    address: 0x04,
    fields: {
      refl_step: [0, 1],
      refr_dir: [1, 1],
      encb_dcen_cfg4: [2, 1],
      enca_dcin_cfg5: [3, 1],
      drv_enn: [4, 1],
      enc_n_dco_cfg6: [5, 1],
      sd_mode: [6, 1],
      swcomp_in: [7, 1],
      version: [24, 8],
    },
  },
  DRV_CONF: {
    address: 0x0a,
    fields: { bbmtime: [0, 5], bbmclks: [8, 4], otselect: [16, 2], drvstrength: [18, 2], filt_isense: [20, 2] },
  },
  GLOBALSCALER: { address: 0x0b, fields: { globalscaler: [0, 8] } },
  OFFSET_READ: { address: 0x0c, fields: { offset_read_b: [0, 8], offset_read_a: [8, 8] } },
  IHOLD_IRUN,
  TPOWERDOWN,
  TSTEP,
  TPWMTHRS,
  TCOOLTHRS,
  THIGH,
  ...MSLUT,
  MSLUTSEL,
  MSLUTSTART: { address: 0x69, fields: START_SIN },
  MSCNT,
  MSCURACT,
  CHOPCONF: CHOPCONF_5160,
  COOLCONF: COOLCONF_SPI,
  DRV_STATUS: DRV_STATUS_5160,
  PWMCONF,
  PWM_SCALE,
  PWM_AUTO,
  LOST_STEPS,
};

/** TMC2240. */
export const TMC2240_REGISTERS: Registers = {
  GCONF: {
    address: 0x00,
    fields: {
      faststandstill: [1, 1],
      en_pwm_mode: [2, 1],
      multistep_filt: [3, 1],
      ...DIAGNOSIS,
      diag0_pushpull: [12, 1],
      diag1_pushpull: [13, 1],
      small_hysteresis: [14, 1],
      stop_enable: [15, 1],
      direct_mode: [16, 1],
    },
  },
  GSTAT: { address: 0x01, fields: { ...GSTAT.fields, register_reset: [3, 1], vm_uvlo: [4, 1] } },
  IFCNT,
  NODECONF: { address: 0x03, fields: { nodeaddr: [0, 8], senddelay: [8, 4] } },
  IOIN: {
    address: 0x04,
    fields: {
      step: [0, 1],
      dir: [1, 1],
      encb: [2, 1],
      enca: [3, 1],
      drv_enn: [4, 1],
      encn: [5, 1],
      uart_en: [6, 1],
      adc_err: [15, 1],
      silicon_rv: [16, 3],
      version: [24, 8],
    },
  },
  DRV_CONF: { address: 0x0a, fields: { current_range: [0, 2], slope_control: [4, 2] } },
  GLOBALSCALER: { address: 0x0b, fields: { globalscaler: [0, 8] } },
  IHOLD_IRUN: { address: 0x10, fields: { ...IHOLD_IRUN.fields, irundelay: [24, 4] } },
  TPOWERDOWN,
  TSTEP,
  TPWMTHRS,
  TCOOLTHRS,
  THIGH,
  ADC_VSUPPLY_AIN: { address: 0x50, fields: { adc_vsupply: [0, 13], adc_ain: [16, 13] } },
  ADC_TEMP: { address: 0x51, fields: { adc_temp: [0, 13] } },
  OTW_OV_VTH: { address: 0x52, fields: { overvoltage_vth: [0, 13], overtempprewarning_vth: [16, 13] } },
  ...MSLUT,
  MSLUTSEL,
  MSLUTSTART: { address: 0x69, fields: { ...START_SIN, offset_sin90: [24, 8, "signed"] } },
  MSCNT,
  MSCURACT,
  CHOPCONF: CHOPCONF_5160,
  COOLCONF: COOLCONF_SPI,
  DRV_STATUS: DRV_STATUS_5160,
  PWMCONF: { address: 0x70, fields: { ...PWMCONF.fields, pwm_meas_sd_enable: [22, 1], pwm_dis_reg_stst: [23, 1] } },
  PWM_SCALE,
  PWM_AUTO,
  SG4_THRS: { address: 0x74, fields: { sg4_thrs: [0, 8], sg4_filt_en: [8, 1], sg4_angle_offset: [9, 1] } },
  SG4_RESULT: { address: 0x75, fields: { sg4_result: [0, 10] } },
  SG4_IND: { address: 0x76, fields: { sg4_ind_0: [0, 8], sg4_ind_1: [8, 8], sg4_ind_2: [16, 8], sg4_ind_3: [24, 8] } },
};

/** What a TMC2660 answers whatever it is asked for. */
const FLAGS_2660 = {
  stallguard: [0, 1],
  ot: [1, 1],
  otpw: [2, 1],
  s2ga: [3, 1],
  s2gb: [4, 1],
  ola: [5, 1],
  olb: [6, 1],
  stst: [7, 1],
} as const;

/** TMC2660. Addresses of `READRSP` are what DRVCONF must hold in RDSEL. */
export const TMC2660_REGISTERS: Registers = {
  DRVCONF: {
    address: 0x7,
    fields: {
      rdsel: [4, 2],
      vsense: [6, 1],
      sdoff: [7, 1],
      ts2g: [8, 2],
      diss2g: [10, 1],
      slpl: [12, 2],
      slph: [14, 2],
      tst: [16, 1],
    },
  },
  DRVCTRL: { address: 0x0, fields: { mres: [0, 4], dedge: [8, 1], intpol: [9, 1] } },
  CHOPCONF: {
    address: 0x4,
    fields: { toff: [0, 4], hstrt: [4, 3], hend: [7, 4], hdec: [11, 2], rndtf: [13, 1], chm: [14, 1], tbl: [15, 2] },
  },
  SMARTEN: { address: 0x5, fields: SEMIN },
  SGCSCONF: { address: 0x6, fields: { cs: [0, 5], sgt: [8, 7, "signed"], sfilt: [16, 1] } },
  READRSP0: { address: 0x0, fields: { ...FLAGS_2660, mstep: [10, 10] } },
  READRSP1: { address: 0x1, fields: { ...FLAGS_2660, sg_result: [10, 10] } },
  READRSP2: { address: 0x2, fields: { ...FLAGS_2660, se: [10, 5], sg_high: [15, 5] } },
};
