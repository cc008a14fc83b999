/** The names that the manifest and the code share. A test holds them together. */
export const SETTINGS = 'aiSqlOptimizer';

export const COMMANDS = {
  optimize: 'aiSqlOptimizer.optimizeStatement',
  explain: 'aiSqlOptimizer.explainStatement',
  verifyRewrite: 'aiSqlOptimizer.verifyRewrite',
  showFindings: 'aiSqlOptimizer.showFindings',
  suppress: 'aiSqlOptimizer.suppressFinding',
  turnRuleOff: 'aiSqlOptimizer.turnRuleOff',
  showLog: 'aiSqlOptimizer.showLog',

  chooseConnection: 'aiSqlOptimizer.chooseConnection',
  addConnection: 'aiSqlOptimizer.addConnection',
  addConnectionFromUrl: 'aiSqlOptimizer.addConnectionFromUrl',
  importConnections: 'aiSqlOptimizer.importConnections',
  useSample: 'aiSqlOptimizer.useSample',
  connect: 'aiSqlOptimizer.connect',
  disconnect: 'aiSqlOptimizer.disconnect',
  testConnection: 'aiSqlOptimizer.testConnection',
  editConnection: 'aiSqlOptimizer.editConnection',
  removeConnection: 'aiSqlOptimizer.removeConnection',
  colorConnection: 'aiSqlOptimizer.colorConnection',
  toggleReadOnly: 'aiSqlOptimizer.toggleReadOnly',
  useForFile: 'aiSqlOptimizer.useForFile',
  useForFolder: 'aiSqlOptimizer.useForFolder',
  groupConnection: 'aiSqlOptimizer.groupConnection',
  showReader: 'aiSqlOptimizer.showReader',
  refreshConnections: 'aiSqlOptimizer.refreshConnections',
  forgetJumpHosts: 'aiSqlOptimizer.forgetJumpHosts',

  acceptRewrite: 'aiSqlOptimizer.acceptRewrite',
  rejectRewrite: 'aiSqlOptimizer.rejectRewrite',
  nextRewrite: 'aiSqlOptimizer.nextRewrite',
  previousRewrite: 'aiSqlOptimizer.previousRewrite',
  showCounterexamples: 'aiSqlOptimizer.showCounterexamples',
  comparePlans: 'aiSqlOptimizer.comparePlans',
  showEvidence: 'aiSqlOptimizer.showEvidence',

  recommendIndexes: 'aiSqlOptimizer.recommendIndexes',
  showServerSettings: 'aiSqlOptimizer.showServerSettings',
  showSlowest: 'aiSqlOptimizer.showSlowestStatements',
  openSlowStatement: 'aiSqlOptimizer.openSlowStatement',

  chooseModel: 'aiSqlOptimizer.chooseModel',
  showSent: 'aiSqlOptimizer.showSentToModel',
  explainInWords: 'aiSqlOptimizer.explainInWords',

  refreshOptimizations: 'aiSqlOptimizer.refreshOptimizations',
  goToStatement: 'aiSqlOptimizer.goToStatement',
  showStoredRewrite: 'aiSqlOptimizer.showStoredRewrite',
  removeOptimization: 'aiSqlOptimizer.removeOptimization',
} as const;

export const VIEWS = {
  connections: 'aiSqlOptimizer.connections',
  optimizations: 'aiSqlOptimizer.optimizations',
} as const;

/** URI schemes of the documents that this extension shows. None of them can be written. */
export const SCHEMES = {
  preview: 'sqlopt-preview',
  text: 'sqlopt-text',
} as const;

/** Language of previews: SQL's colours, without what other extensions add to SQL files. */
export const PREVIEW_LANGUAGE = 'ai-sql-optimizer-preview';

/** Context keys that the manifest's `when` clauses ask for. */
export const CONTEXT = {
  previewOpen: 'aiSqlOptimizer.previewOpen',
  severalRewrites: 'aiSqlOptimizer.severalRewrites',
  hasCounterexamples: 'aiSqlOptimizer.hasCounterexamples',
  storeProblem: 'aiSqlOptimizer.storeProblem',
} as const;
