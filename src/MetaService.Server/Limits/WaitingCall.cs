using System.Threading.Tasks.Sources;

namespace MetaService.Server.Limits;

/// <summary>A call in the queue of an <see cref="Admission"/>, until it is answered whether it may enter.</summary>
internal sealed class WaitingCall : IValueTaskSource<bool>
{
    private readonly Admission _admission;
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;

    /// <param name="admission">Whose queue it is in.</param>
    /// <param name="deadline">See <see cref="Deadline"/>.</param>
    public WaitingCall(Admission admission, long deadline)
    {
        _admission = admission;
        Deadline = deadline;
        Node = new LinkedListNode<WaitingCall>(this);
    }

    /// <summary>When it has waited long enough, in the ticks of the queue.</summary>
    public long Deadline { get; }

    /// <summary>Its place in the queue.</summary>
    public LinkedListNode<WaitingCall> Node { get; }

    /// <summary>The answer; to be awaited once.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        // Whatever answers meanwhile, nobody asks for the answer, and so for the registration, before this returns.
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var call = (WaitingCall)state!;
                if (call._admission.TryGiveUp(call))
                {
                    call._source.SetException(new OperationCanceledException(token));
                }
            },
            this);
        return new ValueTask<bool>(this, _source.Version);
    }

    /// <summary>Answers; for whoever has taken it out of the queue.</summary>
    public void Answer(bool hasEntered) => _source.SetResult(hasEntered);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _registration.Dispose();
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
