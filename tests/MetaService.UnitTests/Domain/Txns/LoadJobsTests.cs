using MetaService.Records.Cloud;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class LoadJobsTests
{
    private const long Job = 88;

    [Fact]
    public async Task Offsets_of_a_routine_load_go_on_and_its_counts_add_up()
    {
        await using var bed = await CreateAsync();
        await CommitTaskAsync(bed, "t1", new() { [0] = 100, [1] = 50 });
        await CommitTaskAsync(bed, "t2", new() { [1] = 70 });
        var progress = (await Get(bed)).CommitAttach;
        progress.JobId.Should().Be(Job);
        progress.Progress.PartitionToOffset.Should().BeEquivalentTo(new Dictionary<int, long> { [0] = 100, [1] = 70 });
        (progress.LoadedRows, progress.FilteredRows, progress.UnselectedRows, progress.ReceivedBytes, progress.TaskExecutionTimeMs)
            .Should().Be((20, 2, 4, 2000, 60));
    }

    [Fact]
    public async Task The_progress_of_an_aborted_or_refused_task_does_not_count()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.Txns.AbortTxnAsync(
            new AbortTxnRequest { CloudUniqueId = Node, TxnId = txnId, CommitAttachment = Attachment(new() { [0] = 1 }) });
        await bed.RefusesAsync(MetaServiceCode.RoutineLoadProgressNotFound, () => Get(bed));
        var request = CommitRequest(txnId);
        request.CommitAttachment = Attachment(new() { [0] = 1 });
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.Txns.CommitTxnAsync(request));
    }

    [Fact]
    public async Task A_repeated_commit_counts_once()
    {
        await using var bed = await CreateAsync();
        var request = await CommitTaskAsync(bed, "t1", new() { [0] = 100 });
        await bed.Txns.CommitTxnAsync(request);
        (await Get(bed)).CommitAttach.LoadedRows.Should().Be(10);
    }

    [Fact]
    public async Task A_lazy_commit_records_the_progress_when_it_is_decided()
    {
        await using var bed = await CreateAsync(options: new() { LazyCommitRowsets = 0 });
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        var request = CommitRequest(txnId);
        request.CommitAttachment = Attachment(new() { [0] = 100 });
        await bed.Txns.CommitTxnAsync(request);
        (await Get(bed)).CommitAttach.Progress.PartitionToOffset.Should().ContainKey(0).WhoseValue.Should().Be(100);
        (await bed.InfoAsync(txnId)).CommitAttachment.Should().Be(request.CommitAttachment);
    }

    [Fact]
    public async Task A_routine_load_can_be_set_to_other_offsets_or_forgotten()
    {
        await using var bed = await CreateAsync();
        await CommitTaskAsync(bed, "t1", new() { [0] = 100, [1] = 50 });
        var reset = new ResetRLProgressRequest { CloudUniqueId = Node, DbId = Db, JobId = Job };
        reset.PartitionToOffset[0] = 10;
        await bed.Txns.ResetRlProgressAsync(reset);
        var progress = (await Get(bed)).CommitAttach;
        progress.Progress.PartitionToOffset.Should().BeEquivalentTo(new Dictionary<int, long> { [0] = 10, [1] = 50 });
        progress.LoadedRows.Should().Be(10);
        reset.PartitionToOffset.Clear();
        await bed.Txns.ResetRlProgressAsync(reset);
        await bed.RefusesAsync(MetaServiceCode.RoutineLoadProgressNotFound, () => Get(bed));
        reset.ClearJobId();
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.ResetRlProgressAsync(reset));
    }

    [Fact]
    public async Task A_streaming_job_goes_on_from_its_last_offset()
    {
        await using var bed = await CreateAsync();
        for (var i = 1; i <= 2; i++)
        {
            var request = CommitRequest(await bed.BeginAsync($"s{i}"));
            request.CommitAttachment = new TxnCommitAttachmentPB
            {
                Type = TxnCommitAttachmentPB.Types.Type.StreamingTaskTxnCommitAttachment,
                StreamingTaskTxnCommitAttachment = new()
                {
                    JobId = Job,
                    Offset = $"file{i}",
                    ScannedRows = 5,
                    LoadBytes = 6,
                    NumFiles = 1,
                    FileBytes = 7,
                },
            };
            await bed.Txns.CommitTxnAsync(request);
        }

        var job = new GetStreamingTaskCommitAttachRequest { CloudUniqueId = Node, DbId = Db, JobId = Job };
        (await bed.Txns.GetStreamingTaskCommitAttachAsync(job)).CommitAttach.Should().Be(new StreamingTaskCommitAttachmentPB
        {
            JobId = Job,
            Offset = "file2",
            ScannedRows = 10,
            LoadBytes = 12,
            NumFiles = 2,
            FileBytes = 14,
        });
        await bed.Txns.ResetStreamingJobOffsetAsync(new() { CloudUniqueId = Node, DbId = Db, JobId = Job, Offset = "file0" });
        (await bed.Txns.GetStreamingTaskCommitAttachAsync(job)).CommitAttach.Offset.Should().Be("file0");
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.ResetStreamingJobOffsetAsync(
            new() { CloudUniqueId = Node, DbId = Db, JobId = Job }));
        await bed.Txns.DeleteStreamingJobAsync(new() { CloudUniqueId = Node, DbId = Db, JobId = Job });
        await bed.RefusesAsync(
            MetaServiceCode.StreamingJobProgressNotFound, () => bed.Txns.GetStreamingTaskCommitAttachAsync(job));
    }

    private static async Task<CommitTxnRequest> CommitTaskAsync(TxnTestBed bed, string label, Dictionary<int, long> offsets)
    {
        var request = CommitRequest(await bed.BeginAsync(label));
        request.CommitAttachment = Attachment(offsets);
        await bed.Txns.CommitTxnAsync(request);
        return request;
    }

    private static TxnCommitAttachmentPB Attachment(Dictionary<int, long> offsets)
    {
        var task = new RLTaskTxnCommitAttachmentPB
        {
            JobId = Job,
            LoadedRows = 10,
            FilteredRows = 1,
            UnselectedRows = 2,
            ReceivedBytes = 1000,
            TaskExecutionTimeMs = 30,
            Progress = new RoutineLoadProgressPB(),
        };
        task.Progress.PartitionToOffset.Add(offsets);
        return new TxnCommitAttachmentPB
        {
            Type = TxnCommitAttachmentPB.Types.Type.RtTaskTxnCommitAttachment,
            RlTaskTxnCommitAttachment = task,
        };
    }

    private static Task<GetRLTaskCommitAttachResponse> Get(TxnTestBed bed) =>
        bed.Txns.GetRlTaskCommitAttachAsync(new GetRLTaskCommitAttachRequest { CloudUniqueId = Node, DbId = Db, JobId = Job });
}
