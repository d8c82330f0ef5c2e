// What the confirmations say will happen.

export function cancelText(job) {
  if (['blocked', 'scheduled', 'queued', 'retry_wait', 'paused'].includes(job.state)) {
    return [`"${job.name}" leaves the queue and does not run.`, 'You can submit it again later.'];
  }
  return [
    `"${job.name}" is asked to stop (SIGTERM) and is killed if it has not stopped after its grace period.`,
    'Its log, metrics and checkpoints stay, and what it has cost so far stays charged. You can retry it later.',
  ];
}

export function pauseText(job) {
  return [
    `"${job.name}" is asked to save its state and to end, and holds no machine until somebody resumes it.`,
    'It then goes on from its checkpoint. A program that does not listen is stopped (SIGTERM) after the notice.',
  ];
}

export function retryText(job) {
  return [
    `A new job with the settings of "${job.name}" is submitted. It gets the checkpoints of this one and can go on from there.`,
    'This job stays as it is. The new one is charged on its own and waits in the queue like any other.',
  ];
}

export function redriveText(count) {
  return [
    `${count === 1 ? 'The chosen job is' : `The ${count} chosen jobs are`} submitted again, each as a new job of yours with the checkpoints of the old one.`,
    'A failure leaves this list with that, and nobody can submit it from here a second time.',
  ];
}

export function discardText(count) {
  return [
    `${count === 1 ? 'The chosen failure leaves' : `The ${count} chosen failures leave`} this list for good, and nothing is submitted.`,
    'The jobs, their logs and checkpoints stay, and each can still be retried on its own page.',
  ];
}
