using MetaService.Storage.Embedded;

namespace MetaService.UnitTests.Storage.Embedded;

public sealed class BatchSizeTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(4, 3)]
    public void A_few_callers_are_not_kept_waiting(int last, int waiting) => BatchSize.Next(last, waiting).Should().Be(1);

    [Theory]
    [InlineData(8, 0, 4)]
    [InlineData(4, 4, 4)]
    [InlineData(24, 9, 16)]
    public void Many_callers_wait_for_half_of_them(int last, int waiting, int expected) =>
        BatchSize.Next(last, waiting).Should().Be(expected);

    [Fact]
    public void A_batch_never_waits_for_more_callers_than_there_are()
    {
        for (var callers = 1; callers <= 1024; callers++)
        {
            for (var last = 1; last <= callers; last++)
            {
                BatchSize.Next(last, callers - last).Should().BeInRange(1, callers);
            }
        }
    }
}
