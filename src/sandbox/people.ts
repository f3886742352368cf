export interface Agent {
  readonly id: string;
  readonly name: string;
}

/** Those who may be assignees, in every workspace. */
export const agents: readonly Agent[] = [
  { id: 'usr_ada4k1', name: 'Ada Nwosu' },
  { id: 'usr_ben7m2', name: 'Ben Achterberg' },
  { id: 'usr_chi2p9', name: 'Chiara Lombardi' },
  { id: 'usr_dev5q8', name: 'Dev Raghunathan' },
  { id: 'usr_eli9r3', name: 'Elif Aydin' },
  { id: 'usr_fre1s7', name: 'Fredrik Sundqvist' },
  { id: 'usr_gra6t4', name: 'Grace Okafor' },
  { id: 'usr_hug3u6', name: 'Hugo Lefèvre' },
  { id: 'usr_ine8v5', name: 'Inés Carrasco' },
  { id: 'usr_jun2w1', name: 'Jun Takeda' },
  { id: 'usr_kat4x7', name: 'Katarzyna Wrona' },
  { id: 'usr_lio7y9', name: 'Lior Ben-Ami' },
];
